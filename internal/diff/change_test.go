package diff

import (
	"testing"

	"github.com/matryer/is"

	"github.com/annoset/annoset/internal/label"
	"github.com/annoset/annoset/sqlite"
)

func TestChangeOf(t *testing.T) {
	t.Parallel()
	base := label.Label{ID: 1, File: "b.wav", Type: "hum", StartMS: 10, EndMS: 20, ExtraData: `{"a":1,"b":[2]}`}
	tests := map[string]struct {
		change func(l *label.Label)
		want   Kind
		file   string
	}{
		"nothing":                     {func(*label.Label) {}, "", ""},
		"another id":                  {func(l *label.Label) { l.ID = 2 }, "", ""},
		"extra data in another order": {func(l *label.Label) { l.ExtraData = `{"b": [2], "\u0061": 1}` }, "", ""},
		"another value in it":         {func(l *label.Label) { l.ExtraData = `{"a":1,"b":[3]}` }, Edited, "b.wav"},
		"no extra data":               {func(l *label.Label) { l.ExtraData = "" }, Edited, "b.wav"},
		"what is not JSON":            {func(l *label.Label) { l.ExtraData = "{" }, Edited, "b.wav"},
		"confidence 0":                {func(l *label.Label) { l.HasConfidence = true }, Edited, "b.wav"},
		"a span and a confidence":     {func(l *label.Label) { l.StartMS, l.HasConfidence = 11, true }, Moved, "b.wav"},
		"a type and confidence":       {func(l *label.Label) { l.Type, l.HasConfidence = "click", true }, Relabelled, "b.wav"},
		"a type and a span":           {func(l *label.Label) { l.Type, l.EndMS = "click", 21 }, Rewritten, "b.wav"},
		"a file that comes before":    {func(l *label.Label) { l.File = "a.wav" }, Rewritten, "a.wav"},
		"a file that comes after":     {func(l *label.Label) { l.File = "c.wav" }, Rewritten, "b.wav"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			is := is.New(t)
			before, after := base, base
			test.change(&after)
			c, changed := changeOf(&before, &after)
			is.Equal(changed, test.want != "")
			is.Equal(c.Kind, test.want)
			is.Equal(c.File, test.file)
			back, changed := changeOf(&after, &before)
			is.Equal(changed, test.want != "") // the way back
			is.Equal(back.Kind, test.want)
			is.Equal(back.File, test.file)
		})
	}
	t.Run("on one side", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		c, changed := changeOf(nil, &base)
		is.True(changed)
		is.Equal(c, Change{Kind: Added, File: "b.wav", After: &base})
		c, changed = changeOf(&base, nil)
		is.True(changed)
		is.Equal(c, Change{Kind: Removed, File: "b.wav", Before: &base})
		_, changed = changeOf(nil, nil)
		is.True(!changed)
	})
}

// A diff and its inverse are in one order: that of the earlier label of each change, whichever side it is on.
func TestCompareChanges(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	early, late, later := at(3, "hum", 0, 10), at(2, "hum", 5, 10), at(1, "hum", 9, 10)
	ordered := []Change{
		{Before: &early, After: &late}, {Before: &later, After: &early}, {After: &late}, {Before: &late, After: &later},
	}
	for i, a := range ordered {
		for j, b := range ordered {
			for _, c := range []Change{b, {Before: b.After, After: b.Before}} {
				is.Equal(compareChanges(a, c) < 0, i < j)
				is.Equal(compareChanges(a, c) > 0, i > j)
			}
		}
	}
}

func TestTakeFirst(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	files := [2][]sqlite.SeenFile{{{Name: "a"}, {Name: "c"}}, {{Name: "b"}, {Name: "c"}, {Name: "d"}}}
	var got [][2]string
	for len(files[0])+len(files[1]) > 0 {
		var names [2]string
		for side, f := range takeFirst(&files) {
			if f != nil {
				names[side] = f.Name
			}
		}
		got = append(got, names)
	}
	is.Equal(got, [][2]string{{"a", ""}, {"", "b"}, {"c", "c"}, {"", "d"}})
}
