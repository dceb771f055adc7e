package evaluate

import (
	"bytes"
	"encoding/json"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"unicode"

	"github.com/annoset/annoset"
	"github.com/annoset/annoset/internal/canonical"
)

// Comparison puts training runs side by side.
type Comparison struct {
	Runs       []annoset.TrainingRun `json:"runs"`        // in the order in which they were given
	SameLabels bool                  `json:"same_labels"` // all sets have the same digest, and so equal labels
	Metrics    []MetricValues        `json:"metrics"`     // every metric that a run has, in order of name
	Parameters []ParameterValue      `json:"parameters"`  // those that differ, in order of name
}

// MetricValues are the values of one metric.
type MetricValues struct {
	Name   string     `json:"name"`
	Values []*float64 `json:"values"` // one for each run; nil if the run does not have the metric
}

// ParameterValue is a parameter that is not the same in all runs.
type ParameterValue struct {
	Name   string            `json:"name"`
	Values []json.RawMessage `json:"values"` // one for each run, as given; nil if the run does not have the parameter
}

// CompareRuns puts training runs side by side, of one store or of several, to see for example which of two ways to
// label makes better models. [annoset.Store.TrainingRuns] returns the runs of a set, a dataset or a model.
//
// Parameters are the members of [annoset.TrainingRun.Parameters]. Two values are the same if they differ only in white
// space, escapes and the order of members. Numbers are compared as they are written, so 1 and 1.0 differ.
func CompareRuns(runs ...annoset.TrainingRun) Comparison {
	c := Comparison{
		Runs: append([]annoset.TrainingRun{}, runs...), SameLabels: true, Metrics: []MetricValues{},
		Parameters: []ParameterValue{},
	}
	metrics, names := make(map[string]bool), make(map[string]bool)
	parameters := make([]map[string]json.RawMessage, len(runs))
	for i := range runs {
		c.SameLabels = c.SameLabels && runs[i].Digest == runs[0].Digest
		for name := range runs[i].Metrics {
			metrics[name] = true
		}
		// Parameters that are not an object have no members.
		json.Unmarshal(runs[i].Parameters, &parameters[i]) //nolint:errcheck // see above
		for name := range parameters[i] {
			names[name] = true
		}
	}
	for _, name := range slices.Sorted(maps.Keys(metrics)) {
		row := MetricValues{Name: name, Values: make([]*float64, len(runs))}
		for i := range runs {
			if v, ok := runs[i].Metrics[name]; ok {
				row.Values[i] = &v
			}
		}
		c.Metrics = append(c.Metrics, row)
	}
	for _, name := range slices.Sorted(maps.Keys(names)) {
		row := ParameterValue{Name: name, Values: make([]json.RawMessage, len(runs))}
		for i := range runs {
			row.Values[i] = parameters[i][name]
		}
		if differ(row.Values) {
			c.Parameters = append(c.Parameters, row)
		}
	}
	return c
}

// differ reports whether JSON texts are not all the same. An absent text is the same as absent ones only.
func differ(values []json.RawMessage) bool {
	form := func(v json.RawMessage) []byte {
		if v == nil {
			return nil
		}
		return canonical.JSON(v)
	}
	first := form(values[0])
	return slices.ContainsFunc(values[1:], func(v json.RawMessage) bool { return !bytes.Equal(form(v), first) })
}

// String returns the comparison as a table with one column for each run: its model, the version and the digest of its
// set, its metrics, and the parameters that differ.
func (c Comparison) String() string {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	row(w, "model", c.Runs, func(r annoset.TrainingRun) string {
		return strings.TrimSpace(r.Model + " " + r.ModelVersion)
	})
	row(w, "labels", c.Runs, func(r annoset.TrainingRun) string { return "v" + strconv.Itoa(r.Version) })
	row(w, "digest", c.Runs, func(r annoset.TrainingRun) string {
		return r.Digest[:min(len(r.Digest), len("sha256:")+8)]
	})
	for _, m := range c.Metrics {
		row(w, m.Name, m.Values, func(v *float64) string {
			if v == nil {
				return "-"
			}
			return strconv.FormatFloat(*v, 'g', 6, 64)
		})
	}
	for _, p := range c.Parameters {
		row(w, p.Name, p.Values, func(v json.RawMessage) string {
			if v == nil {
				return "-"
			}
			return string(v)
		})
	}
	w.Flush() //nolint:errcheck // a strings.Builder does not fail
	return b.String()
}

// row writes a line of the table.
func row[T any](w io.Writer, name string, values []T, text func(T) string) {
	io.WriteString(w, cell(name)) //nolint:errcheck // as above
	for _, v := range values {
		io.WriteString(w, "\t"+cell(text(v))) //nolint:errcheck // as above
	}
	io.WriteString(w, "\n") //nolint:errcheck // as above
}

// cell keeps a text from breaking the table.
func cell(s string) string {
	if strings.ContainsFunc(s, unicode.IsControl) {
		return strconv.Quote(s)
	}
	return s
}
