package annosettest_test

import (
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/matryer/is"

	"github.com/annoset/annoset"
	"github.com/annoset/annoset/annosettest"
)

func TestDraft(t *testing.T) {
	t.Parallel()
	t.Run("takes labels and clean audio files in any order", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		s := annosettest.New(t)
		set := annosettest.Draft(t, s,
			"b.wav clean",
			"a.wav glitch 500 700",
			"a.wav glitch 0 100 0.25",
			`a.wav glitch 0 100 {"by":"ann"}`,
			`a.wav glitch 0 100 1 {"by":"ben"}`,
		)
		is.Equal(set.Status, annoset.StatusDraft)
		is.Equal(set.Version, 1)
		is.Equal(set.TotalAnnotations, int64(4))
		is.Equal(set.CleanAudioFiles, int64(1))
		is.Equal(annosettest.Lines(t, s, set.ID), []string{
			`a.wav glitch 0 100 {"by":"ann"}`,
			"a.wav glitch 0 100 0.25",
			`a.wav glitch 0 100 1 {"by":"ben"}`,
			"a.wav glitch 500 700",
			"b.wav clean",
		})
	})
	t.Run("quotes names with blanks or quotes", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		s := annosettest.New(t)
		lines := []string{
			`"two words.wav" "long pause" 0 1`,
			`"\"" "'" 0 1`,
			`"a\tb\nc\u00a0" "d\x7f\u200b" 0 1`,
			"été/ü.wav 日本 0 1",
			"clean clean 0 1", // names are only names
			"c:\\a.wav a{b} 0 1",
		}
		var names []string
		for _, a := range annosettest.Labels(t, lines...) {
			names = append(names, a.AudioFileID, a.ArtifactType)
		}
		is.Equal(names, []string{"two words.wav", "long pause", `"`, "'", "a\tb\nc\u00a0", "d\x7f\u200b", "été/ü.wav", "日本",
			"clean", "clean", `c:\a.wav`, "a{b}"})
		set := annosettest.Draft(t, s, lines...)
		again := annosettest.Draft(t, s, annosettest.Lines(t, s, set.ID)...)
		is.Equal(annosettest.Lines(t, s, again.ID), annosettest.Lines(t, s, set.ID))
		is.Equal(annosettest.Lines(t, s, annosettest.Draft(t, s, "`a b` clean", "it's.wav c 0 1").ID),
			[]string{`"a b" clean`, `"it's.wav" c 0 1`})
	})
	t.Run("one argument may hold several lines, and empty ones", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		s := annosettest.New(t)
		set := annosettest.Draft(t, s, `
			a.wav  glitch	0 10

			b.wav clean`+"\r\n")
		is.Equal(annosettest.Lines(t, s, set.ID), []string{"a.wav glitch 0 10", "b.wav clean"})
		is.Equal(annosettest.Lines(t, s, annosettest.Draft(t, s).ID), []string{}) // an empty draft; not nil
	})
	t.Run("uses the dataset that is there", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		s := annosettest.New(t)
		ctx := context.Background()
		d, err := s.CreateDataset(ctx, annoset.NewDataset{
			Name: "test", ArtifactTypes: []annoset.ArtifactType{{Name: "glitch"}, {Name: "click"}},
		})
		is.NoErr(err)
		is.NoErr(s.AddAudioFiles(ctx, d.ID, annoset.AudioFile{ID: "a.wav", DurationMS: 1000}))
		v1, v2 := annosettest.Draft(t, s.As("ann"), "a.wav glitch 0 10"), annosettest.Publish(t, s, "a.wav glitch 0 10")
		is.Equal(v1.DatasetID, d.ID)
		is.Equal(v1.EditedBy, []string{"ann"})
		is.Equal(v1.AnnotationsByType, map[string]int64{"glitch": 1, "click": 0})
		is.Equal(v2.Version, 2)
		r := record(t, func(tb testing.TB) {
			annosettest.Draft(tb, s, "b.wav clean", "a.wav click 0 10", "a.wav hiss 0 10", "a.wav click 0 1001")
		})
		is.Equal(r.said(), `annosettest.Draft: `+
			`line 3, "a.wav hiss 0 10": artifact_type is "hiss", which the dataset does not declare`+"\n"+
			`line 4, "a.wav click 0 1001": end_ms is 1001, past the end of "a.wav" at 1000`)
	})
	t.Run("parallel tests may share a store", func(t *testing.T) {
		t.Parallel()
		s := annosettest.New(t)
		t.Run("group", func(t *testing.T) {
			for n := range 8 {
				t.Run("", func(t *testing.T) {
					t.Parallel()
					is := is.New(t)
					line := fmt.Sprintf("%d.wav glitch 0 1", n)
					is.Equal(annosettest.Lines(t, s, annosettest.Draft(t, s, line).ID), []string{line})
				})
			}
		})
	})
	t.Run("is fast for many lines", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		s := annosettest.New(t)
		var lines []string
		for i := range 5_000 {
			lines = append(lines, fmt.Sprintf("%05d.wav clean", 5_000+i), fmt.Sprintf("%05d.wav glitch 0 1", i))
		}
		set := annosettest.Draft(t, s, lines...)
		is.Equal(set.TotalAnnotations, int64(5_000))
		is.Equal(set.CleanAudioFiles, int64(5_000))
	})
}

func TestDraft_refuses(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ name, line, want string }{
		{"no type", "a.wav", "type: is missing"},
		{"no start", "a.wav glitch", "start_ms: is missing"},
		{"no end", "a.wav glitch 0", "end_ms: is missing"},
		{"a start that is no number", "a.wav long pause 0 1", `start_ms: "pause" is not a whole number`},
		{"fractions of a millisecond", "a.wav glitch 0 1.5", `end_ms: "1.5" is not a whole number`},
		{"a confidence that is no number", "a.wav glitch 0 1 high", `confidence: "high" is not a number`},
		{"too much", "a.wav glitch 0 1 0.5 0.6", `"0.6" is too much`},
		{"a clean file with times", "a.wav clean 0", "end_ms: is missing"},
		{"a quote that does not end", `"a.wav glitch 0 1`, `file: "\"a.wav glitch 0 1" is not a quoted Go string`},
		{"a quote within", `a.wav gl"itch" 0 1`, `type: "gl\"itch\"" has quotes: write it as a quoted Go string`},
		{"single quotes", `'a.wav' glitch 0 1`, `file: "'a.wav'" has quotes: write it as a quoted Go string`},
		{"no blank behind a quote", `"a".wav glitch 0 1`, `file: there is no blank behind "\"a\""`},
		{"an empty name", `"" glitch 0 1`, "audio_file_id is empty"},
		{"an empty clean name", `"" clean`, "audio_file_id is empty"},
		{"an end before the start", "a.wav glitch 2 1", "end_ms is 1, before start_ms 2"},
		{"a confidence above 1", "a.wav glitch 0 1 1.5", "confidence is 1.5, outside [0, 1]"},
		{"a confidence that is NaN", "a.wav glitch 0 1 NaN", "confidence is not a number: NaN"},
		{"extra data that is no JSON", "a.wav glitch 0 1 {a}", `extra_data is not a JSON object: "{a}"`},
		{"a label on a clean file", "dirty.wav clean", "the file has a label in line 1"},
		{"a clean mark on a file with labels", "clean.wav glitch 0 1", "the file is clean in line 2"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			is := is.New(t)
			r := record(t, func(tb testing.TB) {
				annosettest.Draft(tb, annosettest.New(tb), "dirty.wav glitch 0 1", "clean.wav clean\n", test.line)
			})
			is.True(r.Failed())
			is.Equal(r.said(), fmt.Sprintf("annosettest.Draft: line 4, %q: %s", test.line, test.want))
		})
	}
	t.Run("and names the first ten bad lines", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		var lines []string
		for i := range 30 {
			lines = append(lines, fmt.Sprintf("%d.wav glitch", i))
		}
		r := record(t, func(tb testing.TB) { annosettest.Draft(tb, annosettest.New(tb), lines...) })
		is.Equal(strings.Count(r.said(), "start_ms: is missing"), 10)
		is.True(strings.Contains(r.said(), `line 10, "9.wav glitch"`))
	})
	t.Run("and bounds what it quotes", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		r := record(t, func(tb testing.TB) {
			annosettest.Draft(tb, annosettest.New(tb), "a.wav glitch 0 1 "+strings.Repeat("9", 1<<20)+"x")
		})
		is.True(len(r.said()) < 1000)
	})
	t.Run("what the store cannot do", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		s := annosettest.New(t)
		is.NoErr(s.Close())
		r := record(t, func(tb testing.TB) { annosettest.Draft(tb, s, "a.wav glitch 0 1") })
		is.True(strings.Contains(r.said(), "store is closed"))
	})
}

func TestPublish(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	s := annosettest.New(t)
	v1 := annosettest.Publish(t, s, "a.wav glitch 0 10", "b.wav clean")
	is.Equal(v1.Status, annoset.StatusPublished)
	is.NoErr(s.Verify(context.Background(), v1.ID))
	r := record(t, func(tb testing.TB) { annosettest.Publish(tb, s) })
	is.True(strings.Contains(r.said(), "set is empty"))
	r = record(t, func(tb testing.TB) { annosettest.Publish(tb, s, "a.wav") })
	is.Equal(r.said(), `annosettest.Publish: line 1, "a.wav": type: is missing`)
}

func TestLabels(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	half := 0.5
	is.Equal(annosettest.Labels(t, "a.wav glitch 5 10\nb.wav click 9 2 0.5", `a.wav glitch 0 0 {"k": 1}`),
		[]annoset.Annotation{
			{AudioFileID: "a.wav", ArtifactType: "glitch", StartMS: 5, EndMS: 10},
			{AudioFileID: "b.wav", ArtifactType: "click", StartMS: 9, EndMS: 2, Confidence: &half}, // not checked here
			{AudioFileID: "a.wav", ArtifactType: "glitch", ExtraData: json.RawMessage(`{"k": 1}`)},
		})
	r := record(t, func(tb testing.TB) { annosettest.Labels(tb, "a.wav glitch 0 1", "b.wav clean") })
	is.Equal(r.said(), `annosettest.Labels: line 2, "b.wav clean": is no label`)
	r = record(t, func(tb testing.TB) { annosettest.Labels(tb, "b.wav") })
	is.Equal(r.said(), `annosettest.Labels: line 1, "b.wav": type: is missing`)
}

func TestLines(t *testing.T) {
	t.Parallel()
	t.Run("leaves nothing out", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		ctx := context.Background()
		s := annosettest.New(t)
		set := annosettest.Draft(t, s, "z.wav clean")
		all := annoset.Annotation{
			AudioFileID: "a b.wav", ArtifactType: "glitch", StartMS: 3, EndMS: annoset.MaxTimeMS, Confidence: new(float64),
			ExtraData: json.RawMessage(" {\"b\" : [1,\n 2.50],\"a\":\"\\n\u2028 <\"} "),
		}
		v := reflect.ValueOf(all)
		for i := range v.NumField() {
			name := v.Type().Field(i).Name
			is.True(name == "ID" || !v.Field(i).IsZero()) // a new field of Annotation must get into Lines, or be refused by it
		}
		*all.Confidence = 1.0 / 3e7
		_, err := s.Add(ctx, set.ID, all)
		is.NoErr(err)
		lines := annosettest.Lines(t, s, set.ID)
		is.Equal(lines, []string{
			"\"a b.wav\" glitch 3 8796093022208 3.3333333333333334e-08 {\"b\":[1,2.50],\"a\":\"\\n\u2028 <\"}",
			"z.wav clean",
		})
		again := annosettest.Publish(t, s, lines...)
		first, err := s.Publish(ctx, set.ID, nil)
		is.NoErr(err)
		is.Equal(again.Digest, first.Digest)
	})
	t.Run("gives the same set as a draft, whatever it holds", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		ctx := context.Background()
		s := annosettest.New(t)
		set := annosettest.Draft(t, s, "clean/1.wav clean", "audio-05x.wav clean")
		_, err := s.Import(ctx, set.ID, annosettest.Generate(1, annosettest.Shape{
			ArtifactTypes: []string{"clean", "two words", `"quoted"`, "x"}, Confidence: true,
		}), nil)
		is.NoErr(err)
		first, err := s.Publish(ctx, set.ID, nil)
		is.NoErr(err)
		lines := annosettest.Lines(t, s, set.ID)
		is.Equal(int64(len(lines)), first.TotalAnnotations+first.CleanAudioFiles)
		is.Equal(annosettest.Publish(t, s, lines...).Digest, first.Digest)
	})
	t.Run("fails for a set that does not exist", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		s := annosettest.New(t)
		r := record(t, func(tb testing.TB) { annosettest.Lines(tb, s, annoset.AnnotationSet{}.ID) })
		is.True(r.Failed())
		is.True(strings.Contains(r.said(), "annosettest.Lines: ") && strings.Contains(r.said(), "not found"))
	})
}
