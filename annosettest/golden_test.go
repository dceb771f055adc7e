package annosettest_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/uuid"
	"github.com/matryer/is"

	"github.com/annoset/annoset/annosettest"
)

// golden is what the folders of these tests hold.
var golden = []string{
	"EP1.wav glitch 0 120",
	"EP1.wav glitch 0 120",
	"EP1.wav long_pause 4000 9000 0.8",
	"ep2.wav clean",
	`ep3.wav glitch 5 6 {"by":"ann"}`,
}

// exported is a golden folder in a new place.
func exported(t *testing.T, lines ...string) (dir string) {
	t.Helper()
	s := annosettest.New(t)
	dir = filepath.Join(t.TempDir(), "golden")
	if err := s.Export(context.Background(), annosettest.Draft(t, s, lines...).ID, dir); err != nil {
		t.Fatal(err)
	}
	return dir
}

// against compares lines with a folder.
func against(t *testing.T, dir string, lines ...string) *recorder {
	t.Helper()
	return record(t, func(tb testing.TB) {
		s := annosettest.New(tb)
		annosettest.Golden(tb, s, annosettest.Draft(tb, s, lines...).ID, dir)
	})
}

// contents are the names and contents of the files in a folder.
func contents(t *testing.T, dir string) map[string]string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	files := make(map[string]string)
	for _, e := range entries {
		b, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		files[e.Name()] = string(b)
	}
	return files
}

func TestGolden(t *testing.T) {
	t.Parallel()
	t.Run("an equal set passes", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		dir := exported(t, golden...)
		before := contents(t, dir)
		r := against(t, dir, golden[4], golden[3], golden[2], golden[1], golden[0]) // with other ids
		is.Equal(r.said(), "")
		is.Equal(contents(t, dir), before)
	})
	t.Run("lists the lines that differ", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		dir := exported(t, golden...)
		r := against(t, dir, golden[0], "EP1.wav long_pause 4000 9000 0.9", "EP1.wav glitch 1 2", "ep2.wav glitch 7 7",
			"ep4.wav clean")
		is.True(r.Failed())
		is.Equal(r.said(), "annosettest.Golden: the set differs from "+dir+` (-: there alone, +: in the set alone):
	- EP1.wav glitch 0 120
	+ EP1.wav glitch 1 2
	- EP1.wav long_pause 4000 9000 0.8
	+ EP1.wav long_pause 4000 9000 0.9
	- ep2.wav clean
	+ ep2.wav glitch 7 7
	- ep3.wav glitch 5 6 {"by":"ann"}
	+ ep4.wav clean
ANNOSET_UPDATE=1 writes the folder anew.`)
	})
	t.Run("lists a bounded number of them", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		var lines []string
		for i := range 2345 {
			lines = append(lines, fmt.Sprintf("a.wav glitch %d %d", i, i+1))
		}
		said := against(t, exported(t, golden...), append(lines, golden...)...).said()
		is.Equal(strings.Count(said, "+ a.wav glitch"), 20)
		is.True(strings.Contains(said, "\n\tand 2325 more\n"))
		long := fmt.Sprintf(`a.wav glitch 0 1 {"text":"%s"}`, strings.Repeat("long ", 1<<16))
		is.True(len(against(t, exported(t, golden...), append(golden, long)...).said()) < 2000)
	})
	t.Run("knows an audio file whose id is too long for a file name", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		long := strings.Repeat("x", 500) + " glitch 0 1"
		dir := exported(t, append(golden, long)...)
		is.Equal(against(t, dir, append(golden, long)...).said(), "")
		is.True(strings.Contains(against(t, dir, golden...).said(), "xxx~sha256-"))
	})
	t.Run("a missing folder says how it is made", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		dir := filepath.Join(t.TempDir(), "golden")
		is.Equal(against(t, dir, golden...).said(),
			"annosettest.Golden: there is no folder "+dir+"\nANNOSET_UPDATE=1 writes the folder anew.")
	})
	t.Run("an empty set has a golden folder too", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		dir := exported(t)
		is.Equal(against(t, dir).said(), "")
		is.True(strings.Contains(against(t, dir, "a.wav clean").said(), "+ a.wav clean"))
	})
	t.Run("a set that does not exist fails", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		r := record(t, func(tb testing.TB) { annosettest.Golden(tb, annosettest.New(tb), uuid.UUID{}, "nowhere") })
		is.True(r.Failed())
		is.True(strings.Contains(r.said(), "not found"))
	})
}

func TestGolden_is_as_Export_wrote_it(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name   string
		change func(is *is.I, dir string)
		want   []string
	}{
		{"a changed file", func(is *is.I, dir string) {
			is.NoErr(os.WriteFile(filepath.Join(dir, "ep2.wav.jsonl"),
				[]byte(`{"artifact_type":"click","start_ms":1,"end_ms":2}`+"\nno label\n"), 0o666))
		}, []string{"ep2.wav.jsonl was changed", "- ep2.wav click 1 2", `- ep2.wav "no label"`, "+ ep2.wav clean"}},
		{"a missing file", func(is *is.I, dir string) {
			is.NoErr(os.Remove(filepath.Join(dir, "ep2.wav.jsonl")))
		}, []string{"ep2.wav.jsonl is missing", "+ ep2.wav clean"}},
		{"a file too many", func(is *is.I, dir string) {
			is.NoErr(os.WriteFile(filepath.Join(dir, "ep9.wav.jsonl"), nil, 0o666))
		}, []string{"ep9.wav.jsonl is not of it", "- ep9.wav clean"}},
		{"another file", func(is *is.I, dir string) {
			is.NoErr(os.WriteFile(filepath.Join(dir, "README"), nil, 0o666))
		}, []string{"README is not of it"}},
		{"a folder in it", func(is *is.I, dir string) {
			is.NoErr(os.Mkdir(filepath.Join(dir, "ep9.wav.jsonl"), 0o777))
		}, []string{"ep9.wav.jsonl is not of it"}},
		{"no SHA256SUMS", func(is *is.I, dir string) {
			is.NoErr(os.Remove(filepath.Join(dir, "SHA256SUMS")))
		}, []string{"SHA256SUMS is missing"}},
		{"SHA256SUMS in another order", func(is *is.I, dir string) {
			b, err := os.ReadFile(filepath.Join(dir, "SHA256SUMS"))
			is.NoErr(err)
			first, rest, _ := bytes.Cut(b, []byte("\n"))
			is.NoErr(os.WriteFile(filepath.Join(dir, "SHA256SUMS"), append(append(rest, first...), '\n'), 0o666))
		}, []string{"SHA256SUMS is written in another way"}},
		{"a line of SHA256SUMS that is none", func(is *is.I, dir string) {
			f, err := os.OpenFile(filepath.Join(dir, "SHA256SUMS"), os.O_APPEND|os.O_WRONLY, 0)
			is.NoErr(err)
			_, err = f.WriteString("hello\n")
			is.NoErr(err)
			is.NoErr(f.Close())
		}, []string{`SHA256SUMS has the line "hello"`}},
		{"converted line endings", func(is *is.I, dir string) {
			for _, name := range []string{"SHA256SUMS", "ep3.wav.jsonl"} {
				b, err := os.ReadFile(filepath.Join(dir, name))
				is.NoErr(err)
				is.NoErr(os.WriteFile(filepath.Join(dir, name), bytes.ReplaceAll(b, []byte("\n"), []byte("\r\n")), 0o666))
			}
		}, []string{`golden/** -text" in .gitattributes keeps git from it`, "ep3.wav.jsonl was changed"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			is := is.New(t)
			dir := exported(t, golden...)
			test.change(is, dir)
			r := against(t, dir, golden...)
			is.True(r.Failed())
			is.True(strings.Contains(r.said(), dir+" is not as Export wrote it:\n"))
			for _, want := range test.want {
				if !strings.Contains(r.said(), want) {
					t.Errorf("%q is not in:\n%s", want, r.said())
				}
			}
		})
	}
}

// TestGolden_update sets variables of the environment, so it is not parallel.
func TestGolden_update(t *testing.T) {
	t.Setenv("ANNOSET_UPDATE", "1")
	t.Run("writes a new folder", func(t *testing.T) {
		is := is.New(t)
		dir := filepath.Join(t.TempDir(), "testdata", "golden")
		r := against(t, dir, golden...)
		is.Equal(r.Failed(), false)
		is.Equal(r.said(), "annosettest.Golden: wrote "+dir)
		is.Equal(contents(t, dir), contents(t, exported(t, golden...)))
	})
	t.Run("replaces an old one, also one that was spoiled", func(t *testing.T) {
		is := is.New(t)
		dir := exported(t, "old.wav glitch 0 1", "older.wav clean")
		is.NoErr(os.WriteFile(filepath.Join(dir, "older.wav.jsonl"), []byte("spoiled"), 0o666))
		r := against(t, dir, golden...)
		is.Equal(r.said(), "annosettest.Golden: wrote "+dir)
		is.Equal(contents(t, dir), contents(t, exported(t, golden...)))
		entries, err := os.ReadDir(filepath.Dir(dir))
		is.NoErr(err)
		is.Equal(len(entries), 1) // nothing is left beside it
	})
	t.Run("leaves one that is right alone", func(t *testing.T) {
		is := is.New(t)
		dir := exported(t, golden...)
		before, err := os.Stat(dir)
		is.NoErr(err)
		is.Equal(against(t, dir, golden...).said(), "")
		after, err := os.Stat(dir)
		is.NoErr(err)
		is.True(os.SameFile(before, after))
	})
	t.Run("replaces what a symbolic link leads to", func(t *testing.T) {
		is := is.New(t)
		dir := exported(t, "old.wav glitch 0 1")
		link := filepath.Join(t.TempDir(), "link")
		if err := os.Symlink(dir, link); err != nil {
			t.Skip(err)
		}
		is.Equal(against(t, link, golden...).Failed(), false)
		is.Equal(contents(t, dir), contents(t, exported(t, golden...)))
	})
	t.Run("never replaces a folder with other files", func(t *testing.T) {
		for name, folder := range map[string]func(is *is.I) (dir string){
			"has notes.txt, which Export did not write": func(is *is.I) string {
				dir := exported(t, "old.wav glitch 0 1")
				is.NoErr(os.WriteFile(filepath.Join(dir, "notes.txt"), []byte("mine"), 0o666))
				return dir
			},
			"has inner, which Export did not write": func(is *is.I) string {
				dir := exported(t, "old.wav glitch 0 1")
				is.NoErr(os.Mkdir(filepath.Join(dir, "inner"), 0o777))
				return dir
			},
			"has no SHA256SUMS, so Export did not write it": func(is *is.I) string {
				dir := t.TempDir()
				is.NoErr(os.WriteFile(filepath.Join(dir, "mine.jsonl"), []byte("mine"), 0o666))
				return dir
			},
		} {
			t.Run(name, func(t *testing.T) {
				is := is.New(t)
				dir := folder(is)
				before, err := os.ReadDir(dir)
				is.NoErr(err)
				r := against(t, dir, golden...)
				is.True(r.Failed())
				is.True(strings.Contains(r.said(), name+": the folder was not replaced"))
				after, err := os.ReadDir(dir)
				is.NoErr(err)
				is.Equal(len(after), len(before))
			})
		}
	})
	t.Run("tests that share a folder may run at once", func(t *testing.T) {
		is := is.New(t)
		dir := filepath.Join(t.TempDir(), "golden")
		var wg sync.WaitGroup
		for n := range 8 {
			wg.Go(func() {
				if r := against(t, dir, golden[n%2:]...); r.Failed() {
					t.Error(r.said())
				}
			})
		}
		wg.Wait()
		is.Equal(len(contents(t, dir)), 4) // three audio files and SHA256SUMS: one or the other
	})
	t.Run("a file in its place is an error", func(t *testing.T) {
		is := is.New(t)
		path := filepath.Join(t.TempDir(), "golden")
		is.NoErr(os.WriteFile(path, []byte("mine"), 0o666))
		is.True(against(t, path, golden...).Failed())
		b, err := os.ReadFile(path)
		is.NoErr(err)
		is.Equal(string(b), "mine")
	})
	t.Run("a variable that says neither is an error", func(t *testing.T) {
		is := is.New(t)
		dir := exported(t, golden...)
		t.Setenv("ANNOSET_UPDATE", "please")
		is.True(strings.Contains(against(t, dir, golden...).said(), `ANNOSET_UPDATE is "please", neither 1 nor 0`))
		t.Setenv("ANNOSET_UPDATE", "0")
		is.Equal(against(t, dir, golden...).said(), "")
		is.True(against(t, dir, golden[1:]...).Failed())
	})
}

// TestGolden_annoset reads a golden folder of this repository.
func TestGolden_annoset(t *testing.T) {
	t.Parallel()
	s := annosettest.New(t)
	ctx := context.Background()
	v1 := annosettest.Draft(t, s, golden...)
	labels := annosettest.Generate(1, annosettest.Shape{AudioFiles: 3, Confidence: true})
	if _, err := s.Import(ctx, v1.ID, labels, nil); err != nil {
		t.Fatal(err)
	}
	annosettest.Golden(t, s, v1.ID, "testdata/golden")
}
