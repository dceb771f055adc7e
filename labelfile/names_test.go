package labelfile_test

import (
	"io"
	"testing"

	"github.com/matryer/is"

	"github.com/annoset/annoset/labelfile"
)

func TestRead_LabelStudio_namesThatAreNoURLs(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	r := readFormat(labelfile.LabelStudio, value(io.ReadAll(openSample(t, "faults/ls-names.json")))(t), labelfile.ReadOptions{Name: "x.json"})
	is.NoErr(r.err)
	names := []string{}
	for _, a := range r.labels {
		names = append(names, a.AudioFileID)
	}
	is.Equal(names, []string{"take#2.wav", "take#3.wav", "a+b.wav", "a+b.wav", "50%.wav", "100% noise.wav", "rock;roll.wav", "rock&roll.wav",
		"with space.wav", "C#4.wav", "C#5.wav", "C#6.wav"})
	out, report := writeFormat(t, labelfile.LabelStudio, r.labels, nil)
	is.Equal(len(report.Remarks), 0)
	sameLabels(t, readFormat(labelfile.LabelStudio, out, labelfile.ReadOptions{}).labels, r.labels)
}
