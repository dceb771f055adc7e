package evaluate_test

import (
	"encoding/json"
	"testing"

	"github.com/matryer/is"

	"github.com/annoset/annoset/evaluate"
)

// Options have the names in JSON that errors say.
func TestJSON_options(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	text := `{"matching":{"by":"iou","onset_collar_ms":1,"offset_collar_ms":2,"offset_percent":3,"onset_only":true,` +
		`"min_iou":0.5,"segment_ms":4},"audio_files":["a.wav"],"everywhere":true,"max_mistakes":5}`
	var options evaluate.Options
	is.NoErr(json.Unmarshal([]byte(text), &options))
	is.Equal(options.Matching, evaluate.Matching{
		By: evaluate.MatchIoU, OnsetCollarMS: 1, OffsetCollarMS: 2, OffsetPercent: 3, OnsetOnly: true, MinIoU: 0.5,
		SegmentMS: 4,
	})
	is.Equal(options.AudioFiles, []string{"a.wav"})
	is.True(options.Everywhere)
	is.Equal(options.MaxMistakes, 5)
	options.EachMistake = func(evaluate.Mistake) error { return nil } // has no JSON
	out, err := json.Marshal(options)
	is.NoErr(err)
	is.Equal(string(out), text)

	text = `{"matching":{},"audio_files":[],"durations_ms":{"a.wav":6}}`
	var agreement evaluate.AgreementOptions
	is.NoErr(json.Unmarshal([]byte(text), &agreement))
	is.True(agreement.AudioFiles != nil) // an empty list is not none
	is.Equal(agreement.DurationsMS, map[string]int64{"a.wav": 6})
	out, err = json.Marshal(agreement)
	is.NoErr(err)
	is.Equal(string(out), text)
	out, err = json.Marshal(evaluate.AgreementOptions{})
	is.NoErr(err)
	is.Equal(string(out), `{"matching":{}}`)
}
