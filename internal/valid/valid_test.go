package valid

import (
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/matryer/is"

	"github.com/annoset/annoset/internal/label"
)

// fields returns the fields of the problems, in their order.
func fields(p *Problems) []string {
	out := []string{}
	for _, problem := range p.List {
		out = append(out, problem.Field)
	}
	return out
}

func TestProblems(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	var p Problems
	is.NoErr(p.Err()) // nothing is wrong yet
	for i := range MaxProblems {
		p.Add(i, "field", "is %d", i)
	}
	is.Equal(len(p.List), MaxProblems)
	is.Equal(p.List[7], Problem{Index: 7, Field: "field", Reason: "is 7"})
	is.True(!p.More) // all are listed
	p.Add(MaxProblems, "field", "is one more")
	is.Equal(len(p.List), MaxProblems)
	is.True(p.More)
	is.True(errors.Is(p.Err(), ErrInvalid))
}

func TestProblems_Label(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", MaxNameBytes)
	sure := func(l *label.Label, confidence float64) { l.Confidence, l.HasConfidence = confidence, true }
	good := label.Label{File: "a.wav", Type: "hum", StartMS: 1, EndMS: 2}
	tests := map[string]struct {
		change func(l *label.Label)
		want   []string
	}{
		"nothing":                  {func(*label.Label) {}, nil},
		"a point at the last time": {func(l *label.Label) { l.StartMS, l.EndMS = MaxTimeMS, MaxTimeMS }, nil},
		"all fields": {
			func(l *label.Label) { *l = label.Label{StartMS: -1, EndMS: -2} },
			[]string{"audio_file_id", "artifact_type", "start_ms", "end_ms"},
		},
		"an end too late":           {func(l *label.Label) { l.EndMS = MaxTimeMS + 1 }, []string{"end_ms"}},
		"a name with a NUL byte":    {func(l *label.Label) { l.File = "a\x00" }, []string{"audio_file_id"}},
		"a type that is not UTF-8":  {func(l *label.Label) { l.Type = "\xff" }, []string{"artifact_type"}},
		"a long name":               {func(l *label.Label) { l.Type = long + "x" }, []string{"artifact_type"}},
		"a name as long as allowed": {func(l *label.Label) { l.Type = long }, nil},
		"confidence 0":              {func(l *label.Label) { sure(l, 0) }, nil},
		"confidence 1":              {func(l *label.Label) { sure(l, 1) }, nil},
		"confidence above 1":        {func(l *label.Label) { sure(l, math.Nextafter(1, 2)) }, []string{"confidence"}},
		"confidence NaN":            {func(l *label.Label) { sure(l, math.NaN()) }, []string{"confidence"}},
		"confidence that is absent": {func(l *label.Label) { l.Confidence = 7 }, nil},
		"an object":                 {func(l *label.Label) { l.ExtraData = " {} " }, nil},
		"an array":                  {func(l *label.Label) { l.ExtraData = "[]" }, []string{"extra_data"}},
		"white space":               {func(l *label.Label) { l.ExtraData = " " }, []string{"extra_data"}},
		"half an object":            {func(l *label.Label) { l.ExtraData = "{" }, []string{"extra_data"}},
		"a deep object":             {func(l *label.Label) { l.ExtraData = nested(MaxDepth) }, nil},
		"an object too deep":        {func(l *label.Label) { l.ExtraData = nested(MaxDepth + 1) }, []string{"extra_data"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			is := is.New(t)
			l := good
			test.change(&l)
			var p Problems
			fileOK, typeOK := p.Label(3, &l)
			got := fields(&p)
			is.Equal(got, append([]string{}, test.want...))
			is.Equal(fileOK, !slices.Contains(got, "audio_file_id")) // a bad name is not looked up
			is.Equal(typeOK, !slices.Contains(got, "artifact_type"))
			for _, problem := range p.List {
				is.Equal(problem.Index, 3)
			}
		})
	}
}

// nested is an object that nests to a depth.
func nested(depth int) string {
	return strings.Repeat(`{"a":`, depth-1) + "{}" + strings.Repeat("}", depth-1)
}

func TestDepth(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	for text, want := range map[string]int{
		`1`: 0, `{}`: 1, `[{},[]]`: 2, `{"a":{"b":[1]},"c":2}`: 3, `{"[[":"]\"[{"}`: 1, `"\\"`: 0,
	} {
		is.Equal(Depth([]byte(text)), want)
	}
}

func TestNoJSON(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	for text, want := range map[string]bool{
		"": true, "null": true, " \t\r\nnull\n": true, " ": false, "{}": false, "nul": false, `"null"`: false,
	} {
		is.Equal(NoJSON([]byte(text)), want)
	}
}

func TestBrief(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	is.Equal(Brief("a\n"), `"a\n"`)
	is.Equal(Brief(strings.Repeat("x", 60)), `"`+strings.Repeat("x", 60)+`"`)
	is.Equal(Brief(strings.Repeat("x", 61)), `"`+strings.Repeat("x", 60)+`"…`)
	is.Equal(Brief(strings.Repeat("x", 59)+"é"), `"`+strings.Repeat("x", 59)+`"…`)   // no half character
	is.Equal(Brief(strings.Repeat("\x80", 61)), `"`+strings.Repeat(`\x80`, 56)+`"…`) // no character at all
}
