package proof

import (
	"bufio"
	"math/big"
	"os"
	"strings"
	"testing"

	"github.com/annoset/annoset"
)

// Rows splits a file into rows and fields.
func Rows(t testing.TB, f *os.File, split func(line string) []string) [][]string {
	t.Helper()
	var rows [][]string
	scanner := bufio.NewScanner(f)
	for scanner.Scan() {
		rows = append(rows, split(scanner.Text()))
	}
	NoErr(t, scanner.Err())
	return rows
}

// SplitBy returns a function that splits a line at a separator.
func SplitBy(separator string) func(line string) []string {
	return func(line string) []string { return strings.Split(line, separator) }
}

// Millis returns a sum of decimal seconds in milliseconds, exactly computed and rounded half away from zero.
func Millis(t testing.TB, seconds ...string) int64 {
	t.Helper()
	sum := new(big.Rat)
	for _, s := range seconds {
		r, ok := new(big.Rat).SetString(s)
		if !ok {
			t.Fatalf("no decimal: %q", s)
		}
		sum.Add(sum, r)
	}
	sum.Mul(sum, big.NewRat(1000, 1))
	n := new(big.Int).Mul(new(big.Int).Abs(sum.Num()), big.NewInt(2))
	n.Add(n, sum.Denom())
	n.Quo(n, new(big.Int).Mul(sum.Denom(), big.NewInt(2))) // floor(x + 1/2)
	return n.Int64() * int64(sum.Sign()|1)
}

// RTTM reads the speaker turns of a sample. A line is
// SPEAKER <file> <channel> <onset s> <duration s> <NA> <NA> <speaker> <NA> <NA>.
func RTTM(t testing.TB, name string) []annoset.Annotation {
	t.Helper()
	var labels []annoset.Annotation
	for _, f := range Rows(t, OpenSample(t, name), strings.Fields) {
		if len(f) < 8 || f[0] != "SPEAKER" {
			t.Fatalf("no turn: %q", f)
		}
		labels = append(labels, Label(f[1], f[7], Millis(t, f[3]), Millis(t, f[3], f[4])))
	}
	return labels
}

// DESED reads the labels, the clean audio files and a model's predictions of a sample of sound events.
func DESED(t testing.TB) (labels []annoset.Annotation, clean []string, predictions []annoset.Annotation) {
	t.Helper()
	for _, f := range Rows(t, OpenSample(t, "desed/validation.tsv"), SplitBy("\t"))[1:] {
		if f[3] == "" {
			clean = append(clean, f[0])
			continue
		}
		labels = append(labels, Label(f[0], f[3], Millis(t, f[1]), Millis(t, f[2])))
	}
	for _, f := range Rows(t, OpenSample(t, "desed/teacher_predictions.csv"), SplitBy(","))[1:] {
		predictions = append(predictions, Label(f[4], f[1], Millis(t, f[2]), Millis(t, f[3])))
	}
	return labels, clean, predictions
}
