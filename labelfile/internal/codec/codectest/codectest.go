// Package codectest tests codecs: it reads and writes with them as package labelfile does.
package codectest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/annoset/annoset/labelfile/internal/codec"
	"github.com/annoset/annoset/labelfile/internal/decimal"
)

// Codec is a format to test.
type Codec struct {
	Read  func(*codec.Source) error
	Write func(*codec.Target) error

	// Implied are keys of extra data for which the format has default values. It does not keep those.
	Implied []string
}

// Reading is everything that a file says.
type Reading struct {
	Labels []codec.Annotation
	Notes  map[codec.Kind]int
	Bad    []*codec.SyntaxError
	Err    error
}

// The limits of a store.
const (
	maxName = 1 << 16
	maxTime = 1 << 43
)

// ReadAll reads everything that can be read. keepTimes keeps the spelling of times with too many digits.
func (c Codec) ReadAll(data []byte, keepTimes bool) Reading {
	r := Reading{Notes: map[codec.Kind]int{}}
	bad := func(e *codec.SyntaxError) error {
		r.Bad = append(r.Bad, e)
		return nil
	}
	r.Err = c.Read(&codec.Source{
		Reader: bytes.NewReader(data), Name: "fuzz",
		Label: func(l *codec.Label) error {
			a, e := annotation(l, keepTimes)
			if e != nil {
				return bad(e)
			}
			r.Labels = append(r.Labels, *a)
			return nil
		},
		Named: func(_, name string, _ codec.Place) (string, error) { return name, nil },
		Clean: func(string) error { return nil },
		Audio: func(string, decimal.Number) error { return nil },
		Bad:   bad,
		Note:  func(kind codec.Kind, _ codec.Place, _ string) { r.Notes[kind]++ },
	})
	return r
}

// annotation makes a label that a store would take.
func annotation(l *codec.Label, keepTimes bool) (*codec.Annotation, *codec.SyntaxError) {
	bad := func(found string) (*codec.Annotation, *codec.SyntaxError) {
		return nil, &codec.SyntaxError{Place: l.Place, Found: found, Expected: "a label"}
	}
	r, e := l.Round(maxTime)
	if e != nil {
		return nil, e
	}
	a := &codec.Annotation{File: l.File, Type: l.Type, StartMS: r.StartMS, EndMS: r.EndMS, Confidence: l.Confidence}
	if a.File == "" {
		a.File = "fuzz"
	}
	if a.Type == "" {
		a.Type = "blank"
	}
	if len(a.File) > maxName || len(a.Type) > maxName || strings.ContainsRune(a.File+a.Type, 0) {
		return bad("a name")
	}
	fields := slices.Clone(l.Fields)
	if keepTimes && !r.Exact && l.StartText != "" {
		fields = append(fields, codec.Field{Name: "start_text", Value: l.StartText},
			codec.Field{Name: "end_text", Value: l.EndText})
	}
	if len(fields) > 0 || l.Extra != nil {
		extra, err := codec.Object(fields, l.Extra)
		if err != nil {
			return bad(err.Error())
		}
		a.Extra = extra
	}
	return a, nil
}

// WriteAll writes labels, and counts what was noted.
func (c Codec) WriteAll(t testing.TB, labels []codec.Annotation) ([]byte, map[codec.Kind]int) {
	t.Helper()
	var b bytes.Buffer
	notes := map[codec.Kind]int{}
	err := c.Write(&codec.Target{
		Writer: &b,
		Labels: func(yield func(*codec.Annotation, error) bool) {
			for _, a := range labels {
				if !yield(&a, nil) {
					return
				}
			}
		},
		DurationMS: func(string) int64 { return 0 },
		Note:       func(kind codec.Kind, _ string) { notes[kind]++ },
	})
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes(), notes
}

// Same compares two multisets of labels. It ignores white space between the tokens of extra data.
func Same(t testing.TB, got, want []codec.Annotation) {
	t.Helper()
	keys := func(labels []codec.Annotation) []string {
		out := make([]string, len(labels))
		for i, a := range labels {
			confidence := "none"
			if a.Confidence != nil {
				confidence = fmt.Sprint(*a.Confidence)
			}
			var extra bytes.Buffer
			if len(a.Extra) > 0 {
				if err := json.Compact(&extra, a.Extra); err != nil {
					t.Fatal(err)
				}
			}
			out[i] = fmt.Sprintf("%q %q %d %d %s %s", a.File, a.Type, a.StartMS, a.EndMS, confidence, &extra)
		}
		slices.Sort(out)
		return out
	}
	g, w := keys(got), keys(want)
	for i := range min(len(g), len(w)) {
		if g[i] != w[i] {
			t.Fatalf("%s instead of %s", g[i], w[i])
		}
	}
	if len(g) != len(w) {
		t.Fatalf("%d labels instead of %d", len(g), len(w))
	}
}

// Again reads any data. Errors must name places. What was read must be writable and read back the same, and from then
// on the bytes must not change.
func (c Codec) Again(t testing.TB, data []byte) {
	t.Helper()
	for _, keepTimes := range []bool{false, true} {
		r := c.ReadAll(data, keepTimes)
		errs := r.Bad
		if r.Err != nil {
			e, ok := errors.AsType[*codec.SyntaxError](r.Err)
			if !ok {
				t.Fatalf("an error that names no place: %v", r.Err)
			}
			errs = append(errs, e)
		}
		for _, e := range errs {
			if e.Line < 1 || e.Column < 1 || e.Found == "" || e.Expected == "" {
				t.Fatalf("half an error: %+v", *e)
			}
		}
		once, notes := c.WriteAll(t, r.Labels)
		second := c.ReadAll(once, keepTimes)
		if second.Err != nil || len(second.Bad) > 0 {
			t.Fatalf("what was written cannot be read: %v %v\n%s", second.Err, second.Bad, once)
		}
		if len(notes) == 0 {
			Same(t, c.withoutImplied(t, second.Labels), c.withoutImplied(t, r.Labels))
		} else if len(second.Labels) != len(r.Labels) {
			t.Fatalf("%d labels became %d, %v:\n%s", len(r.Labels), len(second.Labels), notes, once)
		}
		twice, notes := c.WriteAll(t, second.Labels)
		if !bytes.Equal(twice, once) || len(notes) > 0 {
			t.Fatalf("written twice it is not the same, %v:\n%s\n%s", notes, once, twice)
		}
	}
}

// withoutImplied removes default values from extra data.
func (c Codec) withoutImplied(t testing.TB, labels []codec.Annotation) []codec.Annotation {
	out := slices.Clone(labels)
	for i := range out {
		out[i].Extra = Without(t, out[i].Extra, c.Implied...)
	}
	return out
}

// Without removes keys from a JSON object. An object that is empty then becomes nil.
func Without(t testing.TB, object json.RawMessage, keys ...string) json.RawMessage {
	t.Helper()
	if len(object) == 0 || len(keys) == 0 {
		return object
	}
	var members map[string]json.RawMessage
	if err := json.Unmarshal(object, &members); err != nil {
		t.Fatal(err)
	}
	for _, key := range keys {
		delete(members, key)
	}
	if len(members) == 0 {
		return nil
	}
	rest, err := json.Marshal(members)
	if err != nil {
		t.Fatal(err)
	}
	return rest
}

// Fuzz feeds a codec with arbitrary data.
func (c Codec) Fuzz(f *testing.F, seeds ...string) {
	for _, s := range seeds {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) < 1<<15 {
			c.Again(t, data)
		}
	})
}

// nasty are texts that are hard to write in some format.
var nasty = []string{
	"hum", "a;b", `"`, "é", "日本語", "🎵", "\ufeff", ";;", `\`, "{}", `{\an8}`, "<", ">", "&", "<b>", "</v>", "-->", "--",
	"&amp;", "&#10;", "&lt", "NOTE", "STYLE", "WEBVTT", "1", "00:01.000", "*",
	"<NA>", "<na>", "<ALT>", "null", "0.5", "a\u0301", "\x7f",
	"SPEAKER", "lex", "statement", "#", "@",
}

// blanks are texts that some formats cannot hold.
var blanks = []string{
	"<v x>", " ", "\t", "\n", "\n\n", "\r", "\r\n", "\u2028", "\u00a0", "\u0085", "\v", "\x1c", " lead", "trail\n",
}

// Text makes a nasty text, with or without blanks.
func Text(r *rand.Rand, withBlanks bool) string {
	var b strings.Builder
	for range 1 + r.IntN(4) {
		if withBlanks && r.IntN(2) == 0 {
			b.WriteString(blanks[r.IntN(len(blanks))])
		} else {
			b.WriteString(nasty[r.IntN(len(nasty))])
		}
	}
	return b.String()
}

// Span makes a span or a point.
func Span(r *rand.Rand) (start, end int64) {
	start = r.Int64N([]int64{10, 100_000, maxTime - 5000}[r.IntN(3)])
	return start, start + r.Int64N(3)*r.Int64N(2000)
}

// Confidence makes a confidence, or nil.
func Confidence(r *rand.Rand) *float64 {
	if r.IntN(2) == 0 {
		return nil
	}
	return &[]float64{0, 1, 0.5, r.Float64(), 1e-9}[r.IntN(5)]
}

// HoldsAny checks that a codec holds any labels of a kind, exact duplicates included.
func (c Codec) HoldsAny(t testing.TB, label func(*rand.Rand) codec.Annotation) {
	t.Helper()
	for seed := range uint64(300) {
		r := rand.New(rand.NewPCG(seed, 3))
		labels := make([]codec.Annotation, 40)
		for i := range labels {
			labels[i] = label(r)
		}
		c.Holds(t, append(labels, labels[0]))
	}
}

// Holds checks that a codec loses nothing of some labels.
func (c Codec) Holds(t testing.TB, labels []codec.Annotation) {
	t.Helper()
	out, notes := c.WriteAll(t, labels)
	if len(notes) > 0 {
		t.Fatalf("%v was lost:\n%s", notes, out)
	}
	back := c.ReadAll(out, false)
	if back.Err != nil || len(back.Bad) > 0 {
		t.Fatalf("what was written cannot be read: %v %v\n%s", back.Err, back.Bad, out)
	}
	Same(t, back.Labels, labels)
	again, _ := c.WriteAll(t, back.Labels)
	if !bytes.Equal(again, out) {
		t.Fatalf("written again it is not the same:\n%s\n%s", out, again)
	}
}
