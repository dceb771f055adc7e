package annoset_test

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

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
