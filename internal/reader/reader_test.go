package reader

import (
	"testing"

	"github.com/matryer/is"

	"github.com/annoset/annoset/internal/label"
	"github.com/annoset/annoset/sqlite"
)

func TestReader(t *testing.T) {
	t.Parallel()
	sure := sqlite.LabelRow{
		ID: 4, FileID: 1, TypeID: 2, StartMS: 20, EndMS: 20, Confidence: 0.5, HasConfidence: true, ExtraData: `{"a":1}`,
	}
	layers := threeLayers(false)
	layers[2].labels = []sqlite.LabelRow{sure}
	s := writeStack(t, layers...) // label 3 at [30, 40), a glitch, and 4 at [20, 20), a hum
	half, more := 0.5, 0.6
	tests := map[string]struct {
		filter Filter
		after  Position
		want   []int64
	}{
		"all":                             {Filter{}, Position{}, []int64{4, 3}},
		"a type":                          {Filter{ArtifactTypes: []string{"glitch", "glitch"}}, Position{}, []int64{3}},
		"a type that is not there":        {Filter{ArtifactTypes: []string{"click"}}, Position{}, nil},
		"a file named twice":              {Filter{AudioFileIDs: []string{"a.wav", "a.wav"}}, Position{}, []int64{4, 3}},
		"a file that is not there":        {Filter{AudioFileIDs: []string{"b.wav"}}, Position{}, nil},
		"a span from the end of a label":  {Filter{FromMS: 40}, Position{}, nil},
		"a span within a label":           {Filter{FromMS: 39}, Position{}, []int64{3}},
		"a span from a point on":          {Filter{FromMS: 20, ToMS: 21}, Position{}, []int64{4}},
		"a span that ends at a point":     {Filter{ToMS: 20}, Position{}, nil},
		"a low bound that is met":         {Filter{MinConfidence: &half}, Position{}, []int64{4}},
		"a low bound that is not met":     {Filter{MinConfidence: &more}, Position{}, nil},
		"a high bound":                    {Filter{MaxConfidence: &more}, Position{}, []int64{4}},
		"after a label":                   {Filter{}, Position{File: "a.wav", StartMS: 20, ID: 4}, []int64{3}},
		"after a place that no label has": {Filter{}, Position{File: "a.wav", StartMS: 20, ID: 3}, []int64{4, 3}},
		"after a file":                    {Filter{}, Position{File: "b.wav"}, nil},
		"after the file that is named":    {Filter{AudioFileIDs: []string{"a.wav"}}, Position{File: "b.wav"}, nil},
		"before all":                      {Filter{}, Position{File: "a"}, []int64{4, 3}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			is := is.New(t)
			s.read(t, 0, func(tx *sqlite.ReadTx, _ []sqlite.LayerRow, _ *sqlite.SeenFile) {
				r, err := New(t.Context(), tx, &s.set, test.filter)
				is.NoErr(err)
				var got []int64
				is.NoErr(r.Each(t.Context(), test.after, func(l label.Label) error {
					got = append(got, l.ID)
					if l.ID == sure.ID {
						is.Equal(l, label.Label{
							ID: 4, File: "a.wav", Type: "hum", StartMS: 20, EndMS: 20, Confidence: 0.5, HasConfidence: true,
							ExtraData: `{"a":1}`,
						})
					}
					return nil
				}))
				is.Equal(got, test.want)
			})
		})
	}
}

func TestSeenFile(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	s := writeStack(t, threeLayers(false)...)
	s.read(t, 0, func(tx *sqlite.ReadTx, stack []sqlite.LayerRow, _ *sqlite.SeenFile) {
		f, err := SeenFile(t.Context(), tx, &s.set, "a.wav")
		is.NoErr(err)
		is.Equal(f.Layers, []int{0, 1, 2})
		has, err := HasLabels(t.Context(), tx, stack, f)
		is.NoErr(err)
		is.True(has)
		f, err = SeenFile(t.Context(), tx, &s.set, "b.wav")
		is.NoErr(err)
		is.Equal(f, nil) // nothing is seen of it
	})
	s = writeStack(t, layerOf{labels: []sqlite.LabelRow{at(1, 10)}}, layerOf{removed: []int64{1}})
	s.read(t, 0, func(tx *sqlite.ReadTx, stack []sqlite.LayerRow, f *sqlite.SeenFile) {
		has, err := HasLabels(t.Context(), tx, stack, f)
		is.NoErr(err)
		is.True(!has) // its one label is removed
	})
}
