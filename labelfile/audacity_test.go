package labelfile_test

import (
	"io"
	"testing"

	"github.com/matryer/is"

	"github.com/annoset/annoset/labelfile"
)

func TestRead_doubleTab(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	r := readFormat(labelfile.Audacity, value(io.ReadAll(openSample(t, "faults/double-tab.txt")))(t), labelfile.ReadOptions{Name: "x.txt"})
	is.NoErr(r.err)
	is.Equal(spans(r.labels), []string{"silence 0-465", "intro 465-14931"})
	is.Equal(len(r.report.Remarks), 0)
}

// TestRead_Audacity_asAudacityDoes splits lines as the program does: several tabs are one, what is no number is the
// text, and ends come after starts.
func TestRead_Audacity_asAudacityDoes(t *testing.T) {
	skipMany(t)
	t.Parallel()
	for name, tt := range map[string]struct {
		text     string
		want     []string
		extra    string
		repaired int64
	}{
		"empty cells":                {"1.5\t\t\t2.5\t\tcafe\t\n", []string{"cafe 1500-2500"}, "", 0},
		"tabs before all":            {"\t\t1.5\t2.5\tcafe\n", []string{"cafe 1500-2500"}, "", 0},
		"no end":                     {"1.5\tcafe\n", []string{"cafe 1500-1500"}, "", 0},
		"an empty end":               {"1.5\t\tcafe\n", []string{"cafe 1500-1500"}, "", 0},
		"no end, and more":           {"1.5\tcafe\tbar\n", []string{"cafe 1500-1500"}, `{"column_3":"bar"}`, 0},
		"a text that is no end":      {"1.5\t2 cafes\t0.5\n", []string{"2 cafes 1500-1500"}, "", 0}, // which is its confidence
		"the end first":              {"2.5\t1.5\tcafe\n", []string{"cafe 1500-2500"}, "", 1},
		"the end first, by a hair":   {"0.3\t0.29999999999999993\tcafe\n", []string{"cafe 300-300"}, "", 0},
		"blanks before numbers":      {"  1.5\t 2,5\t cafe \n", []string{" cafe  1500-2500"}, "", 0},
		"lines of blanks":            {"\t\n  \n1.5\t2.5\tcafe\n \t \n", []string{"cafe 1500-2500"}, "", 0},
		"a confidence further on":    {"1.5\t2.5\tcafe\t\t0.5\n", []string{"cafe 1500-2500"}, "", 0},
		"frequencies":                {"1.5\t2.5\tcafe\n\\\t\t100\t\t800\n", []string{"cafe 1500-2500"}, `{"low_freq_hz":"100","high_freq_hz":"800"}`, 0},
		"the high frequency first":   {"1.5\t2.5\tcafe\n\\\t800\t100\n", []string{"cafe 1500-2500"}, `{"low_freq_hz":"100","high_freq_hz":"800"}`, 1},
		"a high frequency alone":     {"1.5\t2.5\tcafe\n\\\t-1\t100\n", []string{"cafe 1500-2500"}, `{"high_freq_hz":"100"}`, 0},
		"a low frequency alone":      {"1.5\t2.5\tcafe\n\\\t100\t-1\n", []string{"cafe 1500-2500"}, `{"low_freq_hz":"100"}`, 0},
		"many cells":                 {"1\t2\ta\tb\t\td\n", []string{"a 1000-2000"}, `{"column_4":"b","column_6":"d"}`, 0},
		"more lines of frequencies":  {"1\t2\ta\n\\\t100\t800\textra\n", []string{"a 1000-2000"}, `{"low_freq_hz":"100","high_freq_hz":"800"}`, 0},
		"a text of nothing but tabs": {"1\t2\t\t\t\n", []string{}, "", 0},
	} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			r := readFormat(labelfile.Audacity, []byte(tt.text), labelfile.ReadOptions{Name: "x.txt"})
			is.NoErr(r.err)
			is.Equal(spans(r.labels), tt.want)
			is.Equal(remarked(r.report.Remarks, labelfile.RemarkRepaired), tt.repaired)
			if len(r.labels) > 0 {
				is.Equal(string(r.labels[0].ExtraData), tt.extra)
			}
		})
	}
	for text, found := range map[string]string{"x\t1\t2\ta\n": `"x"`, "1e999\t2\ta\n": `"1e999"`, "1\t1e999\ta\n": `"1e999"`, "a b\n": `"a b"`} {
		is := is.New(t)
		r := readFormat(labelfile.Audacity, []byte(text), labelfile.ReadOptions{Name: "x.txt"})
		e, ok := r.err.(*labelfile.SyntaxError)
		is.True(ok)
		is.Equal(e.Found, found)
	}
}
