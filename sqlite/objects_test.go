package sqlite

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/matryer/is"
)

// updateObjects adds what the schema of today has to the list of known objects. What released files have stays in it.
var updateObjects = flag.Bool("update-objects", false, "add the objects of today's schema to schema/objects.txt")

const objectsFile = "schema/objects.txt"

// linesOf writes down the objects of a file as they stand in the list.
func linesOf(t *testing.T, path string) (lines []string) {
	t.Helper()
	is := is.New(t)
	h, err := readHeader(context.Background(), Config{Path: path}, immutableDSN(Config{Path: path}))
	is.NoErr(err)
	is.NoErr(h.close())
	is.True(len(h.objects) > 50)
	for _, o := range h.objects {
		lines = append(lines, fmt.Sprintf("%d %s %s %s %s", h.version, o.kind, o.name, o.table, sumOf(o.text)))
	}
	return lines
}

// TestObjects_AreThoseOfEverySchema holds the list of known objects against the files that stores of each schema wrote,
// and against one that is written now.
func TestObjects_AreThoseOfEverySchema(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	path := filepath.Join(t.TempDir(), "now")
	db, err := Open(context.Background(), Config{Path: path})
	is.NoErr(err)
	is.NoErr(db.Close())
	list, err := os.ReadFile(objectsFile)
	is.NoErr(err)
	text := string(list)
	listed := make(map[string]bool)
	for line := range strings.Lines(text) {
		if line[0] != '#' {
			listed[strings.TrimSpace(line)] = true
		}
	}
	files := []string{path}
	for version := range schemaVersion() {
		files = append(files, fmt.Sprintf("../testdata/schema%d.annoset", version+1))
	}
	found := make(map[string]bool)
	for _, file := range files {
		if _, err := os.Stat(file); os.IsNotExist(err) && strings.HasSuffix(file, fmt.Sprint(schemaVersion(), ".annoset")) {
			continue // the schema of today has not been released
		}
		for _, line := range linesOf(t, file) {
			found[line] = true
			if listed[line] {
				continue
			}
			if !*updateObjects {
				t.Errorf("%s has %s, which %s lacks: run go test ./sqlite -run Objects -update-objects", file, line, objectsFile)
			}
			text += line + "\n"
			listed[line] = true
		}
	}
	for line := range listed {
		if !found[line] {
			t.Errorf("%s has %s, which no file has: take it out", objectsFile, line)
		}
	}
	if *updateObjects {
		lines := slices.Collect(strings.Lines(text))
		slices.Sort(lines)
		is.NoErr(os.WriteFile(objectsFile, []byte(strings.Join(lines, "")), 0o600))
	}
}

// TestObjects_AreDroppedByName holds the names that a migration drops to what SQL can quote plainly.
func TestObjects_AreDroppedByName(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	is.Equal(len(ownSchemas()), schemaVersion()+1)
	for _, own := range ownSchemas()[1:] {
		is.True(len(own) > 40)
		for name, o := range own {
			is.Equal(name, fold(o.name))
			is.True(!strings.ContainsAny(o.name, `"'`))
			is.True(strings.Contains("table index trigger view", o.kind))
		}
	}
}

func TestOwnObject_added(t *testing.T) {
	t.Parallel()
	const begin, end = "CREATE TABLE t (\n    a TEXT NOT NULL, b INTEGER", ",\n\n    CHECK (a <> '')\n) STRICT"
	const quoted = `, "my note" TEXT NOT NULL DEFAULT 'a, b', [d] INT DEFAULT -1`
	own := &ownObject{kind: "table", name: "t", table: "t", sums: []string{sumOf(begin + end)}}
	for text, want := range map[string]string{
		begin + end:              "",
		begin + ", c TEXT" + end: ", c TEXT",
		begin + quoted + end:     quoted,
		"CREATE TABLE t (\n    a TEXT NOT NULL, c TEXT, b INTEGER, d ANY" + end: ", c TEXT, d ANY",
		begin + ", c TEXT CHECK (c <> '')" + end:                                "",
		begin + ", c TEXT AS (hex(a))" + end:                                    "",
		begin + ", c TEXT NOT NULL ON CONFLICT IGNORE" + end:                    "",
		begin + ", c TEXT" + strings.Replace(end, "<>", ">", 1):                 "",
		begin + strings.Repeat(", c TEXT", 100) + end:                           strings.Repeat(", c TEXT", 100),
		begin + strings.Repeat(", c TEXT", 10_000):                              "",
	} {
		is := is.New(t)
		is.Equal(own.added(text), want)
	}
}
