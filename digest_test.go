package annoset_test

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/matryer/is"

	"github.com/annoset/annoset"
)

func TestDigest(t *testing.T) {
	t.Parallel()

	t.Run("can be worked out by hand", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		set := publishedWith(t, []annoset.Annotation{
			label("b.wav", "x", 5, 10),
			extra(sure(label("a.wav", "y", 0, 10), 0.5), ` { "k" : [ 1.0 , "ü<" ] } `),
			label("a.wav", "y", 0, 10),
			label("a.wav", "\"x\\\n\u2028\x01", 0, 10),
			label("a.wav", "z", 0, 9),
			extra(label("a.wav", "y", 0, 10), `{"a":1}`),
			sure(label("a.wav", "y", 0, 10), 1e-7),
		}, "c.wav")
		a := `{"artifact_type":"z","start_ms":0,"end_ms":9}` + "\n" +
			`{"artifact_type":"\"x\\\n` + "\u2028" + `\u0001","start_ms":0,"end_ms":10}` + "\n" +
			`{"artifact_type":"y","start_ms":0,"end_ms":10}` + "\n" +
			`{"artifact_type":"y","start_ms":0,"end_ms":10,"extra_data":{"a":1}}` + "\n" +
			`{"artifact_type":"y","start_ms":0,"end_ms":10,"confidence":1e-7}` + "\n" +
			`{"artifact_type":"y","start_ms":0,"end_ms":10,"confidence":0.5,"extra_data":{"k":[1.0,"ü<"]}}` + "\n"
		b := `{"artifact_type":"x","start_ms":5,"end_ms":10}` + "\n"
		sums := fmt.Sprintf("%x  a.wav.jsonl\n%x  b.wav.jsonl\n%x  c.wav.jsonl\n",
			sha256.Sum256([]byte(a)), sha256.Sum256([]byte(b)), sha256.Sum256(nil))

		is.Equal(set.Digest, fmt.Sprintf("sha256:%x", sha256.Sum256([]byte(sums)))) // the SHA-256 of the sums
	})

	t.Run("is equal for equal labels in any order, however they came", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		labels := slices.Concat(filtered, goodLabels, filtered)
		want := publishedWith(t, labels, "clean.wav").Digest
		turned := slices.Clone(labels)
		slices.Reverse(turned)
		is.Equal(publishedWith(t, turned, "clean.wav").Digest, want) // in another order, in another store

		s := openStore(t, nil)
		set := newDraft(t, s.Store, "b")
		ids, err := s.Add(t.Context(), set.ID, slices.Concat(labels[10:], filtered[:5])...)
		is.NoErr(err)
		is.NoErr(s.MarkClean(t.Context(), set.ID, "other.wav"))
		before, err := s.Publish(t.Context(), set.ID, nil)
		is.NoErr(err)
		is.True(before.Digest != want) // not yet the same
		set, err = s.NewVersion(t.Context(), set.ID, annoset.NewSet{Notes: "n"})
		is.NoErr(err)
		is.NoErr(s.Delete(t.Context(), set.ID, ids[len(ids)-5:]...))
		_, err = s.Import(t.Context(), set.ID, pairs(labels[:10]...), nil)
		is.NoErr(err)
		is.NoErr(s.UnmarkClean(t.Context(), set.ID, "other.wav"))
		is.NoErr(s.MarkClean(t.Context(), set.ID, "clean.wav"))
		set, err = s.Publish(t.Context(), set.ID, nil)
		is.NoErr(err)
		is.Equal(set.Digest, want) // in two steps, with other ids, notes and names of datasets
	})

	t.Run("tells contents apart", func(t *testing.T) {
		skipMany(t)
		t.Parallel()
		is := is.New(t)
		base := label("a.wav", "x", 0, 10)
		seen := map[string]int{}
		for i, set := range []annoset.AnnotationSet{
			publishedWith(t, []annoset.Annotation{base}),
			publishedWith(t, []annoset.Annotation{base, base}),
			publishedWith(t, []annoset.Annotation{base}, "clean.wav"),
			publishedWith(t, nil, "a.wav"),
			publishedWith(t, nil, "a.wav", "clean.wav"),
			publishedWith(t, []annoset.Annotation{label("A.wav", "x", 0, 10)}),
			publishedWith(t, []annoset.Annotation{label("a.wav", "y", 0, 10)}),
			publishedWith(t, []annoset.Annotation{label("a.wav", "x", 1, 10)}),
			publishedWith(t, []annoset.Annotation{label("a.wav", "x", 0, 11)}),
			publishedWith(t, []annoset.Annotation{sure(base, 0)}),
			publishedWith(t, []annoset.Annotation{sure(base, 1)}),
			publishedWith(t, []annoset.Annotation{extra(base, `{}`)}),
			publishedWith(t, []annoset.Annotation{extra(base, `{"a":"b c"}`)}),
			publishedWith(t, []annoset.Annotation{extra(base, `{"a":"bc"}`)}),
		} {
			if j, ok := seen[set.Digest]; ok {
				t.Errorf("contents %d and %d have one digest", i, j)
			}
			seen[set.Digest] = i
		}
		spaced := publishedWith(t, []annoset.Annotation{extra(base, "\n{ \"a\" :\t\"bc\" }\r\n")})
		plain := publishedWith(t, []annoset.Annotation{extra(base, `{"a":"bc"}`)})
		is.Equal(spaced.Digest, plain.Digest) // white space is no content
	})
}

func TestDigest_Backup(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	s := openStore(t, nil)
	set := newDraft(t, s.Store, "a")
	_, err := s.Add(t.Context(), set.ID, filtered...)
	is.NoErr(err)
	set, err = s.Publish(t.Context(), set.ID, nil)
	is.NoErr(err)
	before := dump(t, s.Store)
	path := filepath.Join(t.TempDir(), "copy.annoset")

	is.NoErr(s.Backup(t.Context(), path))

	is.Equal(dump(t, s.Store), before) // the store is as it was
	copied := reopenStore(t, path, nil)
	is.Equal(dump(t, copied.Store), before)      // and so is the copy
	is.NoErr(copied.Verify(t.Context(), set.ID)) // with the digest of its own labels
	_, err = s.CreateSet(t.Context(), set.DatasetID, annoset.NewSet{})
	is.NoErr(err)
	is.Equal(dump(t, copied.Store), before) // each goes its own way
}

// nastyIDs are audio file ids that a file system could take amiss.
var nastyIDs = []string{
	"../../etc/passwd", "a/b", "a\\b", "/", ".", "..", ".hidden", "-rf", "~", "CON", "con", "nul.txt", "COM1.wav", "A", "a",
	"Ab", "aB", "é", "e\u0301", " ", "a ", "a.", "a\nb", "%61", "a%", "SHA256SUMS", "sha256sums", `C:\x.wav`, "a:b", "a*?\"<>|",
	strings.Repeat("x", 10_000), strings.Repeat("x", 10_000) + "y", strings.Repeat("X", 10_000), strings.Repeat("é", 5_000),
	strings.Repeat("x", 200), strings.Repeat("x", 194) + ".jsonl", "a.jsonl", "\U0001f600", "\u202e", "\x7f",
}

func TestStore_Export(t *testing.T) {
	t.Parallel()

	t.Run("is verified by sha256sum, whatever the ids", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		s := openStore(t, nil)
		set := newDraft(t, s.Store, "a")
		for i, id := range nastyIDs {
			_, err := s.Add(t.Context(), set.ID, label(id, "type "+id, int64(i), int64(i+1)), label(id, "x", 0, 1))
			if i%5 == 4 {
				err = s.MarkClean(t.Context(), set.ID, "clean "+id)
			}
			is.NoErr(err)
		}
		_, err := s.Add(t.Context(), set.ID, label("", "x", 0, 1))
		is.Equal(badFields(is, err), []string{"0 audio_file_id"}) // the empty id is none
		set, err = s.Publish(t.Context(), set.ID, nil)
		is.NoErr(err)
		parent := t.TempDir()
		dir := filepath.Join(parent, "export")

		is.NoErr(s.Export(t.Context(), set.ID, dir))

		sums, err := os.ReadFile(filepath.Join(dir, "SHA256SUMS"))
		is.NoErr(err)
		is.Equal(fmt.Sprintf("sha256:%x", sha256.Sum256(sums)), set.Digest) // the digest of the set
		names := map[string]bool{}
		for line := range strings.Lines(string(sums)) {
			sum, name, ok := strings.Cut(strings.TrimSuffix(line, "\n"), "  ")
			is.True(ok) // sum and name
			is.True(harmless(name))
			is.True(!names[strings.ToLower(name)]) // no two share a name, in upper case or lower
			names[strings.ToLower(name)] = true
			data, err := os.ReadFile(filepath.Join(dir, name))
			is.NoErr(err)
			is.Equal(fmt.Sprintf("%x", sha256.Sum256(data)), sum) // each file is what it was
		}
		files := set.AnnotatedAudioFiles + set.CleanAudioFiles
		is.Equal(int64(len(names)), files) // one a file
		entries, err := os.ReadDir(dir)
		is.NoErr(err)
		is.Equal(int64(len(entries)), files+1) // and SHA256SUMS, all in this folder
		entries, err = os.ReadDir(parent)
		is.NoErr(err)
		is.Equal(len(entries), 1) // nothing beside it, temporary or escaped
		sha256sumAgrees(t, dir)
	})

	t.Run("of a draft is what publishing would make of it", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		s := openStore(t, nil)
		v1 := newDraft(t, s.Store, "a")
		ids, err := s.Add(t.Context(), v1.ID, filtered...)
		is.NoErr(err)
		is.NoErr(s.MarkClean(t.Context(), v1.ID, "clean.wav"))
		_, err = s.Publish(t.Context(), v1.ID, nil)
		is.NoErr(err)
		v2, err := s.NewVersion(t.Context(), v1.ID, annoset.NewSet{})
		is.NoErr(err)
		is.NoErr(s.Delete(t.Context(), v2.ID, ids[5], ids[6])) // nothing is left in b.wav and c.wav
		is.NoErr(s.MarkClean(t.Context(), v2.ID, "c.wav"))
		before := dump(t, s.Store)
		dir := t.TempDir() // an empty folder may be taken

		is.NoErr(s.Export(t.Context(), v2.ID, dir))

		is.Equal(dump(t, s.Store), before) // the draft is as it was
		sums, err := os.ReadFile(filepath.Join(dir, "SHA256SUMS"))
		is.NoErr(err)
		v2, err = s.Publish(t.Context(), v2.ID, nil)
		is.NoErr(err)
		is.Equal(fmt.Sprintf("sha256:%x", sha256.Sum256(sums)), v2.Digest) // the same digest
		is.Equal(fileNames(t, dir), []string{"SHA256SUMS", "a.wav.jsonl", "c.wav.jsonl", "clean.wav.jsonl"})
		data, err := os.ReadFile(filepath.Join(dir, "c.wav.jsonl"))
		is.NoErr(err)
		is.Equal(len(data), 0) // clean
		sha256sumAgrees(t, dir)
	})

	t.Run("refuses a place that is taken", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		s := openStore(t, nil)
		set := newDraft(t, s.Store, "a")
		_, err := s.Add(t.Context(), set.ID, filtered...)
		is.NoErr(err)
		dir := t.TempDir()
		file := filepath.Join(dir, "a.wav.jsonl")
		is.NoErr(os.WriteFile(file, []byte("mine"), 0o600))

		for _, path := range []string{dir, file} {
			err = s.Export(t.Context(), set.ID, path)
			is.True(errors.Is(err, annoset.ErrExists)) // something is there
			exists, ok := errors.AsType[*annoset.ExistsError](err)
			is.True(ok)                     // with facts
			is.Equal(exists.Kind, "folder") // what was to be made
			is.Equal(exists.Name, path)     // where
		}
		is.Equal(fileNames(t, dir), []string{"a.wav.jsonl"}) // nothing came
		data, err := os.ReadFile(file)
		is.NoErr(err)
		is.Equal(string(data), "mine") // nothing went
	})

	t.Run("leaves nothing behind after an error", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		s := openStore(t, nil)
		dir := t.TempDir()

		err := s.Export(t.Context(), uuid.New(), filepath.Join(dir, "new"))
		is.True(errors.Is(err, annoset.ErrNotFound)) // no such set
		set := newDraft(t, s.Store, "a")
		err = s.Export(t.Context(), set.ID, filepath.Join(dir, "no", "new"))
		is.True(errors.Is(err, fs.ErrNotExist)) // no such folder
		is.Equal(fileNames(t, dir), []string{}) // nothing written
	})
}

// harmless tells the names that any common file system takes as they are.
func harmless(name string) bool {
	if len(name) > 255 || name == "" || name[0] == '.' || name[0] == '-' {
		return false
	}
	for _, c := range []byte(name) {
		if c <= ' ' || c >= 0x7f || strings.IndexByte(`/\:*?"<>|`, c) >= 0 {
			return false
		}
	}
	stem, _, _ := strings.Cut(strings.ToLower(name), ".")
	return !slices.Contains([]string{"con", "prn", "aux", "nul", "com1", "lpt1"}, stem)
}

func fileNames(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	names := []string{}
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

// sha256sumAgrees has the program verify an export, where it is there.
func sha256sumAgrees(t *testing.T, dir string) {
	t.Helper()
	program, err := exec.LookPath("sha256sum")
	if err != nil {
		t.Skip("there is no sha256sum program here")
	}
	cmd := exec.CommandContext(t.Context(), program, "--strict", "-c", "SHA256SUMS")
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	if err != nil || bytes.Contains(out, []byte("FAILED")) {
		t.Errorf("sha256sum: %v\n%s", err, out)
	}
}
