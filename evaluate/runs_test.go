package evaluate_test

import (
	"encoding/json"
	"math"
	"strings"
	"testing"

	"github.com/matryer/is"

	"github.com/annoset/annoset"
	"github.com/annoset/annoset/evaluate"
)

func TestCompareRuns(t *testing.T) {
	t.Parallel()

	t.Run("lists metrics, and the parameters that differ", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		c := evaluate.CompareRuns(
			annoset.TrainingRun{
				Model: "a", Version: 1, Digest: "sha256:0123456789", Metrics: map[string]float64{"f1": 0.5, "loss": 2},
				Parameters: json.RawMessage(`{"lr":0.1,"aug":{"b":1,"a":[2]},"same":"\u0041","seed":null}`),
			},
			annoset.TrainingRun{
				Model: "b", ModelVersion: "2", Version: 3, Digest: "sha256:9876543210", Metrics: map[string]float64{"f1": 0.75},
				Parameters: json.RawMessage(`{"aug":{ "a":[2], "b":1 },"lr":0.10,"same":"A"}`),
			})
		is.True(!c.SameLabels)
		is.Equal(c.Metrics, []evaluate.MetricValues{
			{Name: "f1", Values: []*float64{new(0.5), new(0.75)}}, {Name: "loss", Values: []*float64{new(2.0), nil}},
		})
		is.Equal(c.Parameters, []evaluate.ParameterValue{
			{Name: "lr", Values: []json.RawMessage{[]byte("0.1"), []byte("0.10")}}, // as written
			{Name: "seed", Values: []json.RawMessage{[]byte("null"), nil}},         // null is not absent
		})
		is.Equal(c.String(), strings.Join([]string{
			"model   a                b 2",
			"labels  v1               v3",
			"digest  sha256:01234567  sha256:98765432",
			"f1      0.5              0.75",
			"loss    2                -",
			"lr      0.1              0.10",
			"seed    null             -", "",
		}, "\n"))
	})

	t.Run("takes no runs, one run, and odd ones", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		none := evaluate.CompareRuns()
		is.True(none.SameLabels)
		is.Equal(len(none.Runs)+len(none.Metrics)+len(none.Parameters), 0)
		is.Equal(none.String(), "model\nlabels\ndigest\n")
		data, err := json.Marshal(none)
		is.NoErr(err)
		is.Equal(string(data), `{"runs":[],"same_labels":true,"metrics":[],"parameters":[]}`)
		odd := evaluate.CompareRuns(annoset.TrainingRun{
			Model: "a\tb\n", Parameters: json.RawMessage(`[1`), Metrics: map[string]float64{"x\t": math.NaN()},
		})
		is.Equal(odd.Parameters, []evaluate.ParameterValue{})
		is.Equal(strings.Count(odd.String(), "\n"), 4) // a line break in a name does not break the table
	})
}
