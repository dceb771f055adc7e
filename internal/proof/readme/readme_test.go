// Package readme_test runs what the README shows.
package readme_test

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"go/ast"
	"go/format"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/matryer/is"

	"github.com/annoset/annoset/internal/proof"
)

// block is a piece of code of the README: its language and its text.
type block struct{ language, text string }

func blocks(t *testing.T) (all []block) {
	t.Helper()
	is := is.New(t)
	data, err := os.ReadFile(filepath.Join(proof.Root(t), "README.md"))
	is.NoErr(err)
	for _, m := range regexp.MustCompile("(?ms)^```(\\w*)\n(.*?)^```$").FindAllSubmatch(data, -1) {
		all = append(all, block{string(m[1]), string(m[2])})
	}
	return all
}

// run builds a program, runs it in dir, and returns what it prints. The program is outside the module, as a user's is.
func run(t *testing.T, dir, program string) string {
	t.Helper()
	is := is.New(t)
	source, binary := filepath.Join(t.TempDir(), "main.go"), filepath.Join(t.TempDir(), "program.exe")
	is.NoErr(os.WriteFile(source, []byte(program), 0o600))
	build := exec.CommandContext(t.Context(), "go", "build", "-o", binary, source)
	build.Dir = proof.Root(t)
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s\n%s", err, out, program)
	}
	cmd := exec.CommandContext(t.Context(), binary)
	cmd.Dir = dir
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		t.Fatalf("%v\n%s\n%s", err, stderr.Bytes(), program)
	}
	return stdout.String()
}

func skipWithoutGo(t *testing.T) {
	t.Helper()
	if _, err := exec.LookPath("go"); err != nil || testing.Short() || proof.Race {
		t.Skip("builds programs with go, which takes some seconds")
	}
}

func TestREADME_programs(t *testing.T) {
	t.Parallel()
	skipWithoutGo(t)
	is := is.New(t)
	all, programs := blocks(t), 0
	for i, b := range all {
		if b.language != "go" || !strings.HasPrefix(b.text, "package main\n") {
			continue
		}
		programs++
		formatted, err := format.Source([]byte(b.text))
		is.NoErr(err)
		is.Equal(b.text, string(formatted)) // gofmt
		is.Equal(all[i+1].language, "")     // what it prints comes next
		is.Equal(run(t, t.TempDir(), b.text), all[i+1].text)
	}
	is.Equal(programs, 1)
}

// TestREADME_export makes files of the lines that the README shows, and has them checked as it says.
func TestREADME_export(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	all := blocks(t)
	i := slices.IndexFunc(all, func(b block) bool { return strings.HasPrefix(b.text, "$ cat ep1.wav.jsonl\n") })
	is.True(i >= 0)
	lines := strings.Split(all[i].text, "\n")
	label, sums, digest := lines[1]+"\n", lines[3]+"\n", strings.Fields(lines[5])[0]
	is.Equal(sum(label)+"  ep1.wav.jsonl\n", sums)
	is.Equal(sum(sums), digest)
	is.True(slices.ContainsFunc(all, func(b block) bool {
		return b.language == "" && strings.Contains(b.text, "\nsha256:"+digest+"\n")
	})) // the first program prints it
}

func sum(text string) string { return fmt.Sprintf("%x", sha256.Sum256([]byte(text))) }

// TestREADME_steps joins the steps of a team's work to one program, with a check after each call, and runs it.
func TestREADME_steps(t *testing.T) {
	t.Parallel()
	skipWithoutGo(t)
	is := is.New(t)
	var body strings.Builder
	steps := 0
	for _, b := range blocks(t) {
		if b.language == "go" && strings.Contains(b.text, "err ") && !strings.HasPrefix(b.text, "package main\n") {
			steps++
			body.WriteString(checked(t, b.text))
		}
	}
	is.Equal(steps, 7) // six, and the export
	dir := t.TempDir()
	is.NoErr(os.WriteFile(filepath.Join(dir, "labels.csv"), []byte(labels), 0o600))
	is.NoErr(os.WriteFile(filepath.Join(dir, "predictions.csv"), []byte(predictions), 0o600))
	out := run(t, dir, head+body.String()+"return nil\n}\n")
	for _, want := range []string{"ep2.wav false", "F1 0.5", "Removed 1 long_pause label", "SPEAKER ep1.wav 1 1.200 0.250"} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in what the steps print:\n%s", want, out)
		}
	}
}

// checked adds to each statement that has an error that it is returned, and uses every variable.
func checked(t *testing.T, snippet string) string {
	t.Helper()
	is := is.New(t)
	const before = "package p; func f() {\n"
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, "README.md", before+snippet+"}", 0)
	is.NoErr(err)
	var out strings.Builder
	at := len(before)
	whole := before + snippet
	for _, s := range file.Decls[0].(*ast.FuncDecl).Body.List {
		assign, ok := s.(*ast.AssignStmt)
		if !ok {
			continue
		}
		end := fset.Position(s.End()).Offset
		out.WriteString(whole[at:end] + "\n")
		at = end
		for _, v := range assign.Lhs {
			switch name := v.(*ast.Ident).Name; name {
			case "err":
				out.WriteString("if err != nil { return err }\n")
			default:
				out.WriteString("_ = " + name + "\n")
			}
		}
	}
	return out.String() + whole[at:]
}

const head = `package main

import (
	"context"
	"fmt"
	"log"
	"os"

	"github.com/annoset/annoset"
	"github.com/annoset/annoset/evaluate"
	"github.com/annoset/annoset/labelfile"
)

func main() {
	if err := run(context.Background()); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context) error {
	store, err := annoset.Open(ctx, "labels.annoset", nil)
	if err != nil {
		return err
	}
	defer store.Close()
`

// What lies beside the program that is made of the steps.
const (
	labels = `audio_file_id,artifact_type,start_ms,end_ms
ep2.wav,glitch,2500,3250
`
	predictions = `audio_file_id,artifact_type,start_ms,end_ms
ep1.wav,glitch,1190,1460
ep1.wav,glitch,7000,7100
`
)
