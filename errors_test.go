package annoset_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/matryer/is"

	"github.com/annoset/annoset"
	"github.com/annoset/annoset/annosettest"
	"github.com/annoset/annoset/internal/proof"
)

// badLabels are labels that break one rule each, with the field that breaks it. The dataset declares the vocabulary,
// and known.wav lasts 1,000 ms.
var badLabels = []struct {
	name, field string
	annotation  annoset.Annotation
}{
	{"end before start", "end_ms", label("a.wav", "glitch", 10, 9)},
	{"negative start", "start_ms", label("a.wav", "glitch", -1, 10)},
	{"smallest start", "start_ms", label("a.wav", "glitch", math.MinInt64, 10)},
	{"end beyond all", "end_ms", label("a.wav", "glitch", 0, annoset.MaxTimeMS+1)},
	{"largest end", "end_ms", label("a.wav", "glitch", 0, math.MaxInt64)},
	{"confidence NaN", "confidence", sure(label("a.wav", "glitch", 0, 10), math.NaN())},
	{"confidence +Inf", "confidence", sure(label("a.wav", "glitch", 0, 10), math.Inf(1))},
	{"confidence -Inf", "confidence", sure(label("a.wav", "glitch", 0, 10), math.Inf(-1))},
	{"confidence above 1", "confidence", sure(label("a.wav", "glitch", 0, 10), math.Nextafter(1, 2))},
	{"confidence below 0", "confidence", sure(label("a.wav", "glitch", 0, 10), -math.SmallestNonzeroFloat64)},
	{"unknown type", "artifact_type", label("a.wav", "click", 0, 10)},
	{"empty type", "artifact_type", label("a.wav", "", 0, 10)},
	{"type with NUL", "artifact_type", label("a.wav", "glitch\x00", 0, 10)},
	{"past the end", "end_ms", label("known.wav", "glitch", 0, 1001)},
	{"empty file", "audio_file_id", label("", "glitch", 0, 10)},
	{"file not UTF-8", "audio_file_id", label("a\xc3", "glitch", 0, 10)},
	{"file with a surrogate", "audio_file_id", label("\xed\xa0\x80", "glitch", 0, 10)},
	{"file with NUL", "audio_file_id", label("a\x00.wav", "glitch", 0, 10)},
	{"long file", "audio_file_id", label(strings.Repeat("a", annoset.MaxNameBytes+1), "glitch", 0, 10)},
	{"extra array", "extra_data", extra(label("a.wav", "glitch", 0, 10), `[1]`)},
	{"extra string", "extra_data", extra(label("a.wav", "glitch", 0, 10), `"{}"`)},
	{"extra white space", "extra_data", extra(label("a.wav", "glitch", 0, 10), " \n")},
	{"extra cut off", "extra_data", extra(label("a.wav", "glitch", 0, 10), `{"a":1`)},
	{"extra and more", "extra_data", extra(label("a.wav", "glitch", 0, 10), `{} {}`)},
	{"extra JSON5", "extra_data", extra(label("a.wav", "glitch", 0, 10), `{a:1,}`)},
	{"extra with a comment", "extra_data", extra(label("a.wav", "glitch", 0, 10), `{}/**/`)},
	{"extra with a byte order mark", "extra_data", extra(label("a.wav", "glitch", 0, 10), "\ufeff{}")},
	{"extra not UTF-8", "extra_data", extra(label("a.wav", "glitch", 0, 10), "{\"a\":\"\xff\"}")},
	{"extra with NUL", "extra_data", extra(label("a.wav", "glitch", 0, 10), "{}\x00")},
	{"extra too deep", "extra_data", extra(label("a.wav", "glitch", 0, 10), nested(1001))},
}

// goodLabels are at the very edge of what is taken.
var goodLabels = []annoset.Annotation{
	label("a.wav", "glitch", 0, 0),
	label("a.wav", "glitch", annoset.MaxTimeMS, annoset.MaxTimeMS),
	label("known.wav", "glitch", 1000, 1000),
	label(strings.Repeat("ä", annoset.MaxNameBytes/2), "glitch", 0, 10),
	label(" ", "glitch", 0, 10),
	label("\ufffd\U0010ffff\n", "glitch", 0, 10),
	sure(label("a.wav", "glitch", 0, 10), 0),
	sure(label("a.wav", "glitch", 0, 10), 1),
	sure(label("a.wav", "glitch", 0, 10), math.SmallestNonzeroFloat64),
	sure(label("a.wav", "glitch", 0, 10), 0.1+0.2),
	extra(label("a.wav", "glitch", 0, 10), `{}`),
	extra(label("a.wav", "glitch", 0, 10), " \t\r\n{ } \t\r\n"),
	extra(label("a.wav", "glitch", 0, 10), `{"a":"\u0000\ud800","a":1E400,"":-0.0,"<&>":12345678901234567890123}`),
	extra(label("a.wav", "glitch", 0, 10), nested(1000)),
}

// nested is a JSON object that nests so deep.
func nested(depth int) string {
	return `{"a":` + strings.Repeat("[", depth-1) + strings.Repeat("]", depth-1) + `}`
}

// newStrict makes a draft that breaks on each of the bad labels, with one label in it.
func newStrict(t *testing.T, s *annoset.Store) annoset.AnnotationSet {
	t.Helper()
	d, set := newDeclared(t, s, "a.wav glitch 1 2")
	noErr(t, s.AddAudioFiles(t.Context(), d.ID, annoset.AudioFile{ID: "known.wav", DurationMS: 1000}))
	return set
}

func TestValidation(t *testing.T) {
	t.Parallel()

	t.Run("names the field of each bad label", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		s := openStore(t, nil)
		set := newStrict(t, s.Store)
		id := idsOf(t, s.Store, set.ID)[0]
		before := dump(t, s.Store)
		for _, tt := range badLabels {
			t.Run(tt.name, func(t *testing.T) {
				is := is.New(t)
				good, bad := label("new.wav", "glitch", 0, 1), tt.annotation

				ids, err := s.Add(t.Context(), set.ID, good, good, bad, good)
				is.Equal(badFields(is, err), []string{"2 " + tt.field}) // the third, and that field
				is.Equal(len(ids), 0)                                   // none was given
				n, err := s.Import(t.Context(), set.ID, pairs(good, bad, good), nil)
				is.Equal(badFields(is, err), []string{"1 " + tt.field}) // the same of a stream
				is.Equal(n, 0)                                          // none was taken
				err = s.Update(t.Context(), set.ID, withID(id, bad))
				is.Equal(badFields(is, err), []string{"-1 " + tt.field}) // no bulk, no index
			})
		}
		is.Equal(dump(t, s.Store), before) // nothing written, new.wav is unknown
	})

	t.Run("takes what is at the edge", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		s := openStore(t, nil)
		set := newStrict(t, s.Store)

		ids, err := s.Add(t.Context(), set.ID, goodLabels...)

		is.NoErr(err)
		for i, want := range goodLabels {
			got := value(s.Annotation(t.Context(), set.ID, ids[i]))(t)
			is.Equal(got, withID(ids[i], want)) // as it was given, to the byte
		}
		_, err = s.Publish(t.Context(), set.ID, nil)
		is.NoErr(err)
	})

	t.Run("takes minus zero for zero", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		s := openStore(t, nil)
		set := newStrict(t, s.Store)

		ids, err := s.Add(t.Context(), set.ID, sure(label("a.wav", "glitch", 0, 10), math.Copysign(0, -1)))

		is.NoErr(err)
		got := value(s.Annotation(t.Context(), set.ID, ids[0]))(t)
		is.Equal(math.Float64bits(*got.Confidence), uint64(0)) // equal labels have one form
	})

	t.Run("names all bad fields of all labels at once", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		s := openStore(t, nil)
		set := newStrict(t, s.Store)
		before := dump(t, s.Store)
		all := []annoset.Annotation{
			extra(sure(label("", "", -1, 10), 2), `[]`),
			label("a.wav", "glitch", 0, 10),
			label("known.wav", "click", 0, 1001),
			sure(label("known.wav", "click", 0, 1001), 2),
		}
		want := []string{
			"0 artifact_type", "0 audio_file_id", "0 confidence", "0 extra_data", "0 start_ms",
			"2 artifact_type", "2 end_ms",
			"3 artifact_type", "3 confidence", "3 end_ms",
		}

		_, err := s.Add(t.Context(), set.ID, all...)
		got := badFields(is, err)
		slices.Sort(got)
		is.Equal(got, want) // those that only the store can tell are among them
		_, err = s.Import(t.Context(), set.ID, pairs(all...), nil)
		got = badFields(is, err)
		slices.Sort(got)
		is.Equal(got, want)                // the same of a stream
		is.Equal(dump(t, s.Store), before) // nothing written
	})

	t.Run("lists at most MaxProblems, and says that there are more", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		s := openStore(t, nil)
		set := newStrict(t, s.Store)
		before := dump(t, s.Store)
		many := slices.Repeat([]annoset.Annotation{label("a.wav", "glitch", 1, 0)}, proof.BulkRows*2)

		for _, n := range []int{1, annoset.MaxProblems, annoset.MaxProblems + 1, len(many)} {
			_, added := s.Add(t.Context(), set.ID, many[:n]...)
			_, imported := s.Import(t.Context(), set.ID, pairs(many[:n]...), nil)
			for _, err := range []error{added, imported} {
				invalid, ok := errors.AsType[*annoset.ValidationError](err)
				is.True(ok)                                                                        // bad input
				is.Equal(len(invalid.Problems), min(n, annoset.MaxProblems))                       // bounded
				is.Equal(invalid.More, n > annoset.MaxProblems)                                    // and honest about it
				is.Equal(invalid.Problems[len(invalid.Problems)-1].Index, len(invalid.Problems)-1) // the first ones
				is.True(len(err.Error()) < 1000)                                                   // the text is short
			}
		}
		is.Equal(dump(t, s.Store), before) // nothing written
	})

	t.Run("finds a bad label that comes late in a long stream", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		s := openStore(t, nil)
		set := newStrict(t, s.Store)
		before := dump(t, s.Store)
		const last = 40_000
		seq := func(yield func(annoset.Annotation, error) bool) {
			for i := range int64(last) {
				if !yield(label("b.wav", "glitch", i, i+1), nil) {
					return
				}
			}
			yield(label("b.wav", "glitch", 1, 0), nil)
		}

		_, err := s.Import(t.Context(), set.ID, seq, nil)

		is.Equal(badFields(is, err), []string{fmt.Sprint(last, " end_ms")}) // counted from the start of the stream
		is.Equal(dump(t, s.Store), before)                                  // the batches before it are undone
	})
}

func FuzzAnnotation(f *testing.F) {
	for _, tt := range badLabels {
		seed(f, tt.annotation)
	}
	for _, a := range goodLabels {
		seed(f, a)
	}
	s := annosettest.New(f)
	set := annosettest.Draft(f, s)
	f.Fuzz(func(t *testing.T, file, typ string, startMS, endMS int64, hasConfidence bool, c float64, data []byte) {
		is := is.New(t)
		a := extra(label(file, typ, startMS, endMS), string(data))
		if hasConfidence {
			a.Confidence = &c
		}

		ids, err := s.Add(t.Context(), set.ID, a)

		if err != nil {
			is.True(len(badFields(is, err)) > 0) // refused by a *ValidationError, and by no other error
			return
		}
		got := value(s.Annotation(t.Context(), set.ID, ids[0]))(t)
		if strings.Trim(string(data), " \t\r\n") == "null" || len(data) == 0 {
			a.ExtraData = nil // both say nothing
		}
		is.Equal(got, withID(ids[0], a)) // stored as it was given
		draft, err := s.UpdateSet(t.Context(), set.ID, annoset.SetPatch{ExtraData: a.ExtraData})
		is.NoErr(err)                                   // the same extra data on a set
		is.Equal(draft.ExtraData, a.ExtraData)          // as it was given
		is.NoErr(s.Delete(t.Context(), set.ID, ids...)) // the next label finds the set as this one did
	})
}

func seed(f *testing.F, a annoset.Annotation) {
	c := 0.0
	if a.Confidence != nil {
		c = *a.Confidence
	}
	f.Add(a.AudioFileID, a.ArtifactType, a.StartMS, a.EndMS, a.Confidence != nil, c, []byte(a.ExtraData))
}

func TestPlace_String(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	is.Equal(annoset.Place{File: "a.csv", Line: 12, Column: 3}.String(), "a.csv:12:3")
	is.Equal(annoset.Place{File: "a.csv"}.String(), "a.csv") // what was written has no place in a file
	is.Equal(annoset.Place{Line: 2}.String(), "input:2")
}

// Every text begins with the package's name and has it nowhere else, and every struct has the names of its fields in JSON.
func TestErrors_textsAndJSON(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	s := openStore(t, nil)
	draft := newDraft(t, s.Store, "one")
	_, err := s.Add(t.Context(), draft.ID, label("a.wav", "glitch", 0, 10))
	is.NoErr(err)
	v1 := value(s.Publish(t.Context(), draft.ID, nil))(t)
	empty := value(s.CreateSet(t.Context(), draft.DatasetID, annoset.NewSet{}))(t)
	labelled := value(s.NewVersion(t.Context(), v1.ID, annoset.NewSet{}))(t)
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	closed := openFile(t)
	is.NoErr(closed.Close())
	ann := s.As("ann")
	_, err = ann.Add(t.Context(), labelled.ID, label("a.wav", "glitch", 0, 10))
	is.NoErr(err)
	labelled = value(s.SetByID(t.Context(), labelled.ID))(t)
	for name, err := range map[string]error{
		"op,set_id,version,published_at":    s.DeleteSet(t.Context(), v1.ID),
		"op,set_id,version":                 errOf(s.TrainingSet(t.Context(), empty.ID)),
		"op,kind,id":                        errOf(s.SetByVersion(t.Context(), draft.DatasetID, 99)),
		"op,kind,name":                      errOf(s.CreateDataset(t.Context(), annoset.NewDataset{Name: "one"})),
		"op,problems,more":                  errOf(s.Add(t.Context(), labelled.ID, label("", "x", 0, 1))),
		"op,audio_file_id":                  s.MarkClean(t.Context(), labelled.ID, "a.wav"),
		"op,report":                         errOf(s.Publish(t.Context(), labelled.ID, &annoset.PublishOptions{Check: &annoset.CheckOptions{}})),
		"op,set_id,version,seen,revision":   errOf(ann.Approve(t.Context(), labelled.ID, 0, "")),
		"op,set_id,version,person,unsigned": errOf(ann.Approve(t.Context(), labelled.ID, labelled.Revision, "")),
		"an empty set":                      errOf(s.Publish(t.Context(), empty.ID, nil)),
		"a context that ended":              errOf(s.Datasets(ended)),
		"a closed store":                    errOf(closed.Datasets(t.Context())),
		"the same set":                      errOf(s.CopyAnnotations(t.Context(), empty.ID, empty.ID, annoset.Filter{})),
	} {
		if err == nil {
			t.Errorf("%s: no error", name)
			continue
		}
		if text := err.Error(); !strings.HasPrefix(text, "annoset: ") || strings.Count(text, "annoset: ") != 1 {
			t.Errorf("%s: %s", name, text)
		}
		data, _ := json.Marshal(err)
		for field := range strings.SplitSeq(name, ",") {
			if strings.HasPrefix(name, "op,") && !strings.Contains(string(data), `"`+field+`":`) {
				t.Errorf("%s: no %s in %s", name, field, data)
			}
		}
	}
}

// The methods of no store are an error of the caller's, and no panic.
func TestStore_nil(t *testing.T) {
	t.Parallel()
	var s *annoset.Store
	reads, writes := storeCalls(s, annoset.AnnotationSet{}, t.TempDir())
	for _, methods := range []map[string]func(context.Context) error{reads, writes} {
		for method, call := range methods {
			if err := call(t.Context()); !errors.Is(err, annoset.ErrInvalid) {
				t.Errorf("%s: %v", method, err)
			}
		}
	}
	is := is.New(t)
	is.True(errors.Is(s.Close(), annoset.ErrInvalid))
	other := annosettest.New(t)
	set := annosettest.Draft(t, other, "a.wav hum 0 10")
	for _, pair := range [][2]*annoset.Store{{nil, other}, {other, nil}, {nil, nil}} {
		is.True(errors.Is(lastErr(annoset.DiffStores(t.Context(), pair[0], set.ID, pair[1], set.ID, nil)), annoset.ErrInvalid))
		_, err := annoset.ChangeLogStores(t.Context(), pair[0], set.ID, pair[1], set.ID)
		is.True(errors.Is(err, annoset.ErrInvalid))
	}
	_, err := annoset.SummarizeDiff(nil)
	is.True(errors.Is(err, annoset.ErrInvalid))
}

// An empty path would stand for the working folder.
func TestStore_refusesAnEmptyPath(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	s := annosettest.New(t)
	set := annosettest.Draft(t, s, "a.wav hum 0 10")
	for _, err := range []error{s.Export(t.Context(), set.ID, ""), s.Backup(t.Context(), "")} {
		bad, ok := errors.AsType[*annoset.ValidationError](err)
		is.True(ok)
		is.Equal(bad.Problems[0].Field, "path")
	}
}

// A store that cannot be written to says so before it reads anything.
func TestStore_refusesToWriteFirst(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	s := openStore(t, nil)
	annosettest.Draft(t, s.Store, "a.wav hum 0 10")
	readOnly, err := annoset.Open(t.Context(), s.Path, &annoset.Options{ReadOnly: true})
	is.NoErr(err)
	defer readOnly.Close()
	for name, handle := range map[string]struct {
		*annoset.Store
		want error
	}{
		"opened read-only": {readOnly, annoset.ErrReadOnly},
		"a bad person":     {s.As(" "), annoset.ErrInvalid},
	} {
		_, err := handle.UpdateSet(t.Context(), uuid.New(), annoset.SetPatch{Notes: new("x")})
		if !errors.Is(err, handle.want) {
			t.Errorf("%s: UpdateSet: %v", name, err)
		}
		if _, err = handle.NewVersion(t.Context(), uuid.New(), annoset.NewSet{}); !errors.Is(err, handle.want) {
			t.Errorf("%s: NewVersion: %v", name, err)
		}
	}
	err = s.View(t.Context(), func(view *annoset.Store) error {
		_, err := view.UpdateSet(t.Context(), uuid.New(), annoset.SetPatch{Notes: new("x")})
		return err
	})
	is.True(errors.Is(err, annoset.ErrReadOnly))
}

// A nil context is refused before anything is locked, so that the store goes on.
func TestStore_refusesANilContext(t *testing.T) {
	t.Parallel()
	for name, open := range map[string]func(testing.TB) *annoset.Store{"file": openFile, "memory": openMemory} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			is := is.New(t)
			s := open(t)
			draft := newDraft(t, s, "one")
			before := dump(t, s)
			dir := t.TempDir()
			reads, writes := storeCalls(s, draft, dir)
			for _, methods := range []map[string]func(context.Context) error{reads, writes} {
				for method, call := range methods {
					err := call(nil)
					bad, ok := errors.AsType[*annoset.ValidationError](err)
					if !ok || bad.Problems[0].Field != "ctx" {
						t.Errorf("%s: %v", method, err)
					}
				}
			}
			is.Equal(dump(t, s), before)
			is.Equal(len(folderSums(t, dir)), 0) // nothing was begun
		})
	}
	is := is.New(t)
	_, err := annoset.Open(nil, filepath.Join(t.TempDir(), "a.annoset"), nil) //nolint:staticcheck // as above
	is.True(errors.Is(err, annoset.ErrInvalid))
	_, err = annoset.OpenMemory(nil, nil) //nolint:staticcheck // as above
	is.True(errors.Is(err, annoset.ErrInvalid))
}

func TestOptions_Now(t *testing.T) {
	t.Parallel()
	at := func(s string) time.Time { return value(time.Parse(time.DateOnly, s))(t) }
	now := at("2026-01-02")
	s := value(annoset.OpenMemory(t.Context(), &annoset.Options{Now: func() time.Time { return now }}))(t)
	defer s.Close()
	draft := newDraft(t, s, "one")
	t.Run("a clock that was set back publishes no earlier than it created", func(t *testing.T) {
		is := is.New(t)
		_, err := s.Add(t.Context(), draft.ID, label("a.wav", "glitch", 0, 10))
		is.NoErr(err)
		now = at("2020-01-01")
		v1 := value(s.Publish(t.Context(), draft.ID, nil))(t)
		is.Equal(*v1.PublishedAt, draft.CreatedAt)
	})
	for name, wrong := range map[string]time.Time{
		"before 1970":     at("1970-01-01").Add(-time.Millisecond),
		"after 9999":      at("9999-12-31").Add(24 * time.Hour),
		"past all bounds": time.Unix(1<<62, 0),
		"the zero time":   {},
	} {
		t.Run("refuses a time "+name, func(t *testing.T) {
			is := is.New(t)
			now = at("2026-01-02")
			before := dump(t, s)
			v1 := value(s.SetByVersion(t.Context(), draft.DatasetID, 1))(t)
			other := value(s.NewVersion(t.Context(), v1.ID, annoset.NewSet{}))(t)
			now = wrong
			for method, err := range map[string]error{
				"CreateDataset":  errOf(s.CreateDataset(t.Context(), annoset.NewDataset{Name: "two"})),
				"UpdateDataset":  errOf(s.UpdateDataset(t.Context(), draft.DatasetID, annoset.DatasetPatch{})),
				"CreateSet":      errOf(s.CreateSet(t.Context(), draft.DatasetID, annoset.NewSet{})),
				"NewVersion":     errOf(s.NewVersion(t.Context(), v1.ID, annoset.NewSet{})),
				"Publish":        errOf(s.Publish(t.Context(), other.ID, nil)),
				"Approve":        errOf(s.As("ann").Approve(t.Context(), other.ID, other.Revision, "")),
				"Reject":         errOf(s.As("ann").Reject(t.Context(), other.ID, other.Revision, "")),
				"RecordTraining": errOf(s.RecordTraining(t.Context(), v1.ID, annoset.TrainingRun{Model: "m"})),
				"Tag":            s.Tag(t.Context(), draft.DatasetID, "best", v1.ID),
			} {
				bad, ok := errors.AsType[*annoset.ValidationError](err)
				if !ok || bad.Problems[0].Field != "now" {
					t.Errorf("%s: %v", method, err)
				}
			}
			now = at("2026-01-02")
			is.NoErr(s.DeleteSet(t.Context(), other.ID))
			is.Equal(dump(t, s), before) // nothing was written
		})
	}
}
