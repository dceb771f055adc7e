// Package codectest helps to test codecs by themselves: it reads what they read into memory, as the package above them
// does, and has them write it again.
package codectest

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/annoset/annoset/internal/codec"
	"github.com/annoset/annoset/internal/decimal"
)

// Reading is what a codec has read.
type Reading struct {
	Labels []codec.Annotation // as labels in whole milliseconds; those that can be none are left out
	Bad    []*codec.SyntaxError
	Notes  map[codec.Kind]int
	Err    error
}

// Read reads a text, and leaves out the records that cannot be read.
func Read(read func(*codec.Source) error, data []byte) Reading {
	r := Reading{Notes: make(map[codec.Kind]int)}
	r.Err = read(&codec.Source{
		Reader: bytes.NewReader(data),
		Label: func(l *codec.Label) error {
			start, _, err1 := l.Start.MS()
			end, _, err2 := l.End.MS()
			if err1 != nil || err2 != nil || l.Start.Sign() < 0 || l.Start.Cmp(l.End) > 0 || l.Type == "" {
				return nil
			}
			a := codec.Annotation{File: l.File, Type: l.Type, StartMS: start, EndMS: end, Confidence: l.Confidence, Extra: l.Extra}
			if len(l.Fields) > 0 {
				extra, err := codec.Object(l.Fields, l.Extra)
				if err != nil {
					return err
				}
				a.Extra = extra
			}
			r.Labels = append(r.Labels, a)
			return nil
		},
		Clean: func(string) error { return nil },
		Audio: func(string, decimal.Number) error { return nil },
		Bad: func(e *codec.SyntaxError) error {
			r.Bad = append(r.Bad, e)
			return nil
		},
		Note: func(kind codec.Kind, _ codec.Place, _ string) { r.Notes[kind]++ },
	})
	return r
}

// Write writes labels of one audio file, and tells what was lost.
func Write(t testing.TB, write func(*codec.Target) error, labels []codec.Annotation) ([]byte, map[codec.Kind]int) {
	t.Helper()
	var b bytes.Buffer
	notes := make(map[codec.Kind]int)
	err := write(&codec.Target{
		Writer: &b,
		Labels: func(yield func(*codec.Annotation, error) bool) {
			for i := range labels {
				if !yield(&labels[i], nil) {
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

// Again checks that what a codec reads of any text, it also writes and reads again: all labels, and from the second time
// on the same bytes, with nothing lost.
func Again(t testing.TB, read func(*codec.Source) error, write func(*codec.Target) error, data []byte) {
	t.Helper()
	first := Read(read, data)
	for _, e := range first.Bad {
		checkPlace(t, e)
	}
	if first.Err != nil {
		e, ok := first.Err.(*codec.SyntaxError)
		if !ok {
			t.Fatalf("an error that names no place: %v", first.Err)
		}
		checkPlace(t, e)
		return
	}
	once, notes := Write(t, write, first.Labels)
	second := Read(read, once)
	if second.Err != nil || len(second.Bad) > 0 {
		t.Fatalf("what was written cannot be read: %v %v\n%s", second.Err, second.Bad, once)
	}
	if got, want := contents(second.Labels, len(notes) == 0), contents(first.Labels, len(notes) == 0); !slices.Equal(got, want) {
		t.Fatalf("%q\ninstead of\n%q", got, want)
	}
	twice, notes := Write(t, write, second.Labels)
	if !bytes.Equal(once, twice) || len(notes) > 0 {
		t.Fatalf("written twice it is not the same, lost %v:\n%s\n%s", notes, once, twice)
	}
}

func checkPlace(t testing.TB, e *codec.SyntaxError) {
	t.Helper()
	if e.Line < 1 || e.Column < 1 || e.Found == "" || e.Expected == "" {
		t.Fatalf("half an error: %+v", *e)
	}
}

// contents are labels as texts, in order.
func contents(labels []codec.Annotation, withExtra bool) []string {
	out := make([]string, len(labels))
	for i, a := range labels {
		out[i] = fmt.Sprintf("%s %d %d", strings.ReplaceAll(a.Type, "\r", ""), a.StartMS, a.EndMS)
		if withExtra {
			out[i] += " " + a.File + string(a.Extra)
		}
	}
	slices.Sort(out)
	return out
}
