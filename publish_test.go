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
	"time"

	"github.com/google/uuid"
	"github.com/matryer/is"

	"github.com/annoset/annoset"
	"github.com/annoset/annoset/annosettest"
)

func TestStore_Publish(t *testing.T) {
	t.Parallel()

	t.Run("computes the statistics", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		s := openStore(t, annosettest.Options())
		_, draft := newDeclared(t, s.Store,
			"a.wav glitch 0 100", "a.wav glitch 50 150", // 150 of glitch
			"a.wav long_pause 140 300",                  // 160, of which 10 are covered already
			"a.wav glitch 500 500",                      // a point
			"a.wav glitch 300 310",                      // touches, and adds 10
			"b.wav glitch 0 1000", "b.wav glitch 10 20", // one within another: 1,000
			"b.wav glitch 0 1000",       // twice the same
			"c.wav long_pause 7 7",      // a file of one point
			"d.wav long_pause 999 1000", // 1
			"e.wav clean", "f.wav clean")
		want := annoset.Stats{
			TotalAnnotations:        10,
			TotalPositiveDurationMS: 310 + 1000 + 0 + 1,
			AnnotationsByType:       map[string]int64{"glitch": 7, "long_pause": 3, "hallucination": 0},
			DurationMSByType:        map[string]int64{"glitch": 160 + 1000, "long_pause": 160 + 1, "hallucination": 0},
			AnnotatedAudioFiles:     4,
			CleanAudioFiles:         2,
		}
		is.Equal(draft.Stats, want) // of a draft they are computed when asked for

		got, err := s.Publish(t.Context(), draft.ID, nil)

		is.NoErr(err)
		is.Equal(got.Stats, want)                     // by hand
		is.Equal(got.Status, annoset.StatusPublished) // locked
		is.Equal(len(got.Digest), len("sha256:")+64)  // with a digest
		at := annosettest.Start.Add(2 * time.Second)
		is.Equal(*got.PublishedAt, at) // the third time that the clock was asked
		draft.Stats, draft.Status, draft.Digest, draft.PublishedAt = want, annoset.StatusPublished, got.Digest, &at
		is.Equal(got, draft) // all else is as it was
		is.NoErr(s.Close())
		s = reopenStore(t, s.Path, nil)
		is.Equal(value(s.SetByID(t.Context(), got.ID))(t), got) // the file holds it
		is.Equal(value(s.Stats(t.Context(), got.ID))(t), want)  // as it was stored
	})

	t.Run("counts files by themselves", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		s := openStore(t, nil)

		set := annosettest.Publish(t, s.Store, "a.wav x 0 100", "b.wav x 0 100")

		is.Equal(set.TotalPositiveDurationMS, int64(200))          // the same span of two files is no overlap
		is.Equal(set.DurationMSByType, map[string]int64{"x": 200}) // of a type neither
	})

	t.Run("sums up long spans", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		s := openStore(t, nil)
		most := fmt.Sprint(" x 0 ", int64(annoset.MaxTimeMS))

		set := annosettest.Publish(t, s.Store, "a.wav"+most, "b.wav"+most)

		is.Equal(set.TotalPositiveDurationMS, int64(2*annoset.MaxTimeMS)) // no overflow
	})

	t.Run("refuses a second time", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		s := openStore(t, annosettest.Options())
		set := annosettest.Publish(t, s.Store, filtered...)
		before := dump(t, s.Store)

		got, err := s.Publish(t.Context(), set.ID, &annoset.PublishOptions{AllowEmpty: true})

		is.True(errors.Is(err, annoset.ErrPublished)) // it is published already
		immutable, ok := errors.AsType[*annoset.ImmutableError](err)
		is.True(ok) // with facts
		want := annoset.ImmutableError{Op: "publish", SetID: set.ID, Version: 1, PublishedAt: *set.PublishedAt}
		is.Equal(*immutable, want)             // what was tried, on what
		is.Equal(got, annoset.AnnotationSet{}) // the zero value
		is.Equal(dump(t, s.Store), before)     // the stamp is as it was
	})

	t.Run("refuses an empty set, unless asked by name", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		s := openStore(t, nil)
		_, set := newDeclared(t, s.Store, "a.wav glitch 0 1")
		is.NoErr(s.Delete(t.Context(), set.ID, idsOf(t, s.Store, set.ID)...)) // empty again
		before := dump(t, s.Store)

		_, err := s.Publish(t.Context(), set.ID, nil)
		is.True(errors.Is(err, annoset.ErrEmptySet)) // it could never be deleted
		_, err = s.Publish(t.Context(), set.ID, &annoset.PublishOptions{})
		is.True(errors.Is(err, annoset.ErrEmptySet)) // the zero value does not ask
		is.Equal(dump(t, s.Store), before)           // nothing written
		set = value(s.Publish(t.Context(), set.ID, &annoset.PublishOptions{AllowEmpty: true}))(t)
		is.Equal(set.TotalAnnotations, int64(0))                                                            // nothing in it
		is.Equal(set.AnnotationsByType, map[string]int64{"glitch": 0, "long_pause": 0, "hallucination": 0}) // and no type missing
		is.Equal(set.Digest, "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")     // of no lines
	})

	t.Run("refuses a version that has removed all", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		s := openStore(t, nil)
		v1 := annosettest.Publish(t, s.Store, "a.wav x 0 1", "b.wav clean")
		v2 := value(s.NewVersion(t.Context(), v1.ID, annoset.NewSet{}))(t)
		is.NoErr(s.Delete(t.Context(), v2.ID, idsOf(t, s.Store, v1.ID)...))
		is.NoErr(s.UnmarkClean(t.Context(), v2.ID, "b.wav"))
		before := dump(t, s.Store)

		_, err := s.Publish(t.Context(), v2.ID, nil)

		is.True(errors.Is(err, annoset.ErrEmptySet)) // what it stands on does not count
		is.Equal(dump(t, s.Store), before)           // nothing written
	})

	t.Run("locks all that the set consists of", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		s := openStore(t, nil)
		set := annosettest.Publish(t, s.Store, filtered...)
		ids := idsOf(t, s.Store, set.ID)
		before := dump(t, s.Store)

		_, added := s.Add(t.Context(), set.ID, label("a.wav", "x", 0, 1))
		for op, err := range map[string]error{
			"add":        added,
			"update":     s.Update(t.Context(), set.ID, withID(ids[0], label("a.wav", "x", 0, 1))),
			"delete":     s.Delete(t.Context(), set.ID, ids[0]),
			"mark clean": s.MarkClean(t.Context(), set.ID, "new.wav"),
			"delete set": s.DeleteSet(t.Context(), set.ID),
		} {
			immutable, ok := errors.AsType[*annoset.ImmutableError](err)
			is.True(ok) // with facts
			is.Equal(*immutable, annoset.ImmutableError{Op: op, SetID: set.ID, Version: 1, PublishedAt: *set.PublishedAt})
		}
		is.Equal(dump(t, s.Store), before) // nothing written
	})

	t.Run("does not find an unknown set", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		s := openStore(t, nil)
		id := uuid.New()

		_, err := s.Publish(t.Context(), id, nil)

		missing, ok := errors.AsType[*annoset.NotFoundError](err)
		is.True(ok)                                                                            // with facts
		is.Equal(*missing, annoset.NotFoundError{Op: "publish", Kind: "set", ID: id.String()}) // what is missing
	})
}

func TestStore_TrainingSet(t *testing.T) {
	t.Parallel()

	t.Run("lets no draft pass", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		s := openStore(t, nil)
		set := annosettest.Draft(t, s.Store, filtered...)

		training, err := s.TrainingSet(t.Context(), set.ID)

		is.True(training == nil)                  // nothing to train from
		is.True(errors.Is(err, annoset.ErrDraft)) // it may still change
		draft, ok := errors.AsType[*annoset.DraftError](err)
		is.True(ok)                                                                           // with facts
		is.Equal(*draft, annoset.DraftError{Op: "train from set", SetID: set.ID, Version: 1}) // which one
		_, err = s.TrainingSet(t.Context(), uuid.New())
		is.True(errors.Is(err, annoset.ErrNotFound)) // no such set
	})

	t.Run("reads a published set", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		s := openStore(t, nil)
		set := annosettest.Publish(t, s.Store, append(filtered, "clean.wav clean")...)

		training, err := s.TrainingSet(t.Context(), set.ID)

		is.NoErr(err)
		is.Equal(training.Set, set) // with digest and statistics
		all := labelsOf(t, s.Store, set.ID)
		is.Equal(collect(t, training.Annotations(t.Context(), annoset.Filter{})), all) // all labels
		f := annoset.Filter{AudioFileIDs: []string{"b.wav"}}
		is.Equal(collect(t, training.Annotations(t.Context(), f)), all[5:6])               // or some
		is.Equal(collect(t, training.CleanAudioFiles(t.Context())), []string{"clean.wav"}) // and the negatives
	})
}

func TestStore_Verify(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	s := openStore(t, nil)
	set := annosettest.Draft(t, s.Store, filtered...)
	_, ok := errors.AsType[*annoset.DraftError](s.Verify(t.Context(), set.ID))
	is.True(ok) // a draft has nothing to be compared with
	_, err := s.Publish(t.Context(), set.ID, nil)
	is.NoErr(err)
	is.NoErr(s.Verify(t.Context(), set.ID))                                    // as it was published
	is.True(errors.Is(s.Verify(t.Context(), uuid.New()), annoset.ErrNotFound)) // no such set

	before := dump(t, s.Store)
	is.NoErr(s.Close()) // all is in one file then
	whole := value(os.ReadFile(s.Path))(t)
	for name, harm := range map[string]string{
		"label":      `UPDATE label SET end_ms = end_ms + 1 WHERE id = 5`,
		"confidence": `UPDATE label SET confidence = 0.75 WHERE id = 5`,
		"statistics": `UPDATE annotation_set SET total_positive_duration_ms = total_positive_duration_ms + 1`,
		"digest":     `UPDATE annotation_set SET digest = 'sha256:' || hex(zeroblob(32))`,
		"file":       `UPDATE layer_file SET digest = zeroblob(32)`,
	} {
		path := filepath.Join(t.TempDir(), "harmed")
		is.NoErr(os.WriteFile(path, whole, 0o600))
		db := openRaw(t, path)
		_, err := db.Exec(`DROP TRIGGER label_update; DROP TRIGGER annotation_set_update; DROP TRIGGER layer_file_update; ` + harm)
		is.NoErr(err)
		is.NoErr(db.Close())
		harmed := value(annoset.Open(t.Context(), path, nil))(t)
		err = harmed.Verify(t.Context(), set.ID)
		if !errors.Is(err, annoset.ErrCorrupt) {
			t.Errorf("%s: %v", name, err)
		}
		is.NoErr(harmed.Close())
	}
	s = reopenStore(t, s.Path, nil)
	is.Equal(dump(t, s.Store), before) // looking changes nothing
}

func TestStore_Publish_throughSeveralReaders(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	var published []annoset.AnnotationSet
	for _, s := range []*annoset.Store{annosettest.New(t), openStore(t, nil).Store} { // memory reads through one connection
		set := annosettest.Draft(t, s, "clean1.wav clean", "clean2.wav clean")
		_, err := s.Import(t.Context(), set.ID, stream(600, 100), nil)
		is.NoErr(err)
		set = value(s.Publish(t.Context(), set.ID, nil))(t)
		is.NoErr(s.Verify(t.Context(), set.ID)) // which reads through several, too
		published = append(published, set)
	}
	is.Equal(published[0].Stats, published[1].Stats)
	is.Equal(published[0].Digest, published[1].Digest)
}

func TestDigest(t *testing.T) {
	t.Parallel()

	t.Run("can be worked out by hand", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		set := annosettest.Publish(t, openStore(t, nil).Store,
			"b.wav x 5 10",
			`a.wav y 0 10 0.5 { "k" : [ 1.0 , "ü<" ] } `,
			"a.wav y 0 10",
			`a.wav "\"x\\\n\u2028\x01" 0 10`,
			"a.wav z 0 9",
			`a.wav y 0 10 {"a":1}`,
			"a.wav y 0 10 1e-7",
			"c.wav clean")
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
		some := annosettest.Labels(t, filtered...)
		labels := slices.Concat(some, goodLabels, some)
		want := publishedWith(t, labels, "clean.wav").Digest
		turned := slices.Clone(labels)
		slices.Reverse(turned)
		is.Equal(publishedWith(t, turned, "clean.wav").Digest, want) // in another order, in another store

		s := openStore(t, nil)
		set := annosettest.Draft(t, s.Store, "other.wav clean")
		ids, err := s.Add(t.Context(), set.ID, slices.Concat(labels[10:], some[:5])...)
		is.NoErr(err)
		set = value(s.Publish(t.Context(), set.ID, nil))(t)
		is.True(set.Digest != want) // not yet the same
		set = value(s.NewVersion(t.Context(), set.ID, annoset.NewSet{Notes: "n"}))(t)
		is.NoErr(s.Delete(t.Context(), set.ID, ids[len(ids)-5:]...))
		_, err = s.Import(t.Context(), set.ID, pairs(labels[:10]...), nil)
		is.NoErr(err)
		is.NoErr(s.UnmarkClean(t.Context(), set.ID, "other.wav"))
		is.NoErr(s.MarkClean(t.Context(), set.ID, "clean.wav"))
		set = value(s.Publish(t.Context(), set.ID, nil))(t)
		is.Equal(set.Digest, want) // in two steps, with other ids, notes and names of datasets
	})

	t.Run("differs for different contents", func(t *testing.T) {
		skipMany(t)
		t.Parallel()
		is := is.New(t)
		s := openStore(t, nil)
		seen := map[string]int{}
		for i, lines := range [][]string{
			{"a.wav x 0 10"},
			{"a.wav x 0 10", "a.wav x 0 10"},
			{"a.wav x 0 10", "clean.wav clean"},
			{"a.wav clean"},
			{"a.wav clean", "clean.wav clean"},
			{"A.wav x 0 10"},
			{"a.wav y 0 10"},
			{"a.wav x 1 10"},
			{"a.wav x 0 11"},
			{"a.wav x 0 10 0"},
			{"a.wav x 0 10 1"},
			{"a.wav x 0 10 {}"},
			{`a.wav x 0 10 {"a":"b c"}`},
			{`a.wav x 0 10 {"a":"bc"}`},
		} {
			digest := annosettest.Publish(t, s.Store, lines...).Digest
			if j, ok := seen[digest]; ok {
				t.Errorf("contents %d and %d have one digest", i, j)
			}
			seen[digest] = i
		}
		spaced := annosettest.Draft(t, s.Store)
		_, err := s.Add(t.Context(), spaced.ID, extra(label("a.wav", "x", 0, 10), "\n{ \"a\" :\t\"bc\" }\r\n"))
		is.NoErr(err)
		spaced = value(s.Publish(t.Context(), spaced.ID, nil))(t)
		is.Equal(spaced.Digest, annosettest.Publish(t, s.Store, `a.wav x 0 10 {"a":"bc"}`).Digest) // white space is no content
	})
}

func TestDigest_Backup(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	s := openStore(t, nil)
	set := annosettest.Publish(t, s.Store, filtered...)
	before := dump(t, s.Store)
	path := filepath.Join(t.TempDir(), "copy.annoset")

	is.NoErr(s.Backup(t.Context(), path))

	is.Equal(dump(t, s.Store), before) // the store is as it was
	copied := reopenStore(t, path, nil)
	is.Equal(dump(t, copied.Store), before)      // and so is the copy
	is.NoErr(copied.Verify(t.Context(), set.ID)) // with the digest of its own labels
	annosettest.Draft(t, s.Store)
	is.Equal(dump(t, copied.Store), before) // each goes its own way
}

// nastyIDs are audio file ids that a file system may reject.
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
		is.Equal(badFields(is, err), []string{"0 audio_file_id"}) // an empty id is refused
		set = value(s.Publish(t.Context(), set.ID, nil))(t)
		parent := t.TempDir()
		dir := filepath.Join(parent, "export")

		is.NoErr(s.Export(t.Context(), set.ID, dir))

		sums := value(os.ReadFile(filepath.Join(dir, "SHA256SUMS")))(t)
		is.Equal(fmt.Sprintf("sha256:%x", sha256.Sum256(sums)), set.Digest) // the digest of the set
		names := map[string]bool{}
		for line := range strings.Lines(string(sums)) {
			sum, name, ok := strings.Cut(strings.TrimSuffix(line, "\n"), "  ")
			is.True(ok) // sum and name
			is.True(harmless(name))
			is.True(!names[strings.ToLower(name)]) // no two share a name, in upper case or lower
			names[strings.ToLower(name)] = true
			data := value(os.ReadFile(filepath.Join(dir, name)))(t)
			is.Equal(fmt.Sprintf("%x", sha256.Sum256(data)), sum) // each file is what it was
		}
		files := set.AnnotatedAudioFiles + set.CleanAudioFiles
		is.Equal(int64(len(names)), files)                 // one a file
		is.Equal(int64(len(fileNames(t, dir))), files+1)   // and SHA256SUMS, all in this folder
		is.Equal(fileNames(t, parent), []string{"export"}) // nothing beside it, temporary or escaped
		sha256sumAgrees(t, dir)
	})

	t.Run("of a draft is what publishing would make of it", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		s := openStore(t, nil)
		v1 := annosettest.Publish(t, s.Store, append(filtered, "clean.wav clean")...)
		ids := idsOf(t, s.Store, v1.ID)
		v2 := value(s.NewVersion(t.Context(), v1.ID, annoset.NewSet{}))(t)
		is.NoErr(s.Delete(t.Context(), v2.ID, ids[5], ids[6])) // nothing is left in b.wav and c.wav
		is.NoErr(s.MarkClean(t.Context(), v2.ID, "c.wav"))
		before := dump(t, s.Store)
		dir := t.TempDir() // an empty folder may be taken

		is.NoErr(s.Export(t.Context(), v2.ID, dir))

		is.Equal(dump(t, s.Store), before) // the draft is as it was
		sums := value(os.ReadFile(filepath.Join(dir, "SHA256SUMS")))(t)
		v2 = value(s.Publish(t.Context(), v2.ID, nil))(t)
		is.Equal(fmt.Sprintf("sha256:%x", sha256.Sum256(sums)), v2.Digest) // the same digest
		is.Equal(fileNames(t, dir), []string{"SHA256SUMS", "a.wav.jsonl", "c.wav.jsonl", "clean.wav.jsonl"})
		is.Equal(len(value(os.ReadFile(filepath.Join(dir, "c.wav.jsonl")))(t)), 0) // clean
		sha256sumAgrees(t, dir)
	})

	t.Run("refuses a place that is taken", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		s := openStore(t, nil)
		set := annosettest.Draft(t, s.Store, filtered...)
		dir := t.TempDir()
		file := filepath.Join(dir, "a.wav.jsonl")
		is.NoErr(os.WriteFile(file, []byte("mine"), 0o600))

		for _, path := range []string{dir, file} {
			err := s.Export(t.Context(), set.ID, path)
			is.True(errors.Is(err, annoset.ErrExists)) // something is there
			exists, ok := errors.AsType[*annoset.ExistsError](err)
			is.True(ok)                     // with facts
			is.Equal(exists.Kind, "folder") // what was to be made
			is.Equal(exists.Name, path)     // where
		}
		is.Equal(fileNames(t, dir), []string{"a.wav.jsonl"})  // nothing came
		is.Equal(string(value(os.ReadFile(file))(t)), "mine") // nothing went
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

// harmless reports whether any common file system takes a name as it is.
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
	names := []string{}
	for _, e := range value(os.ReadDir(dir))(t) {
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
