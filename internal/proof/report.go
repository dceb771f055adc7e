package proof

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/matryer/is"

	"github.com/annoset/annoset"
)

// Checked checks a set, and that its report agrees with itself.
func Checked(t testing.TB, s *annoset.Store, setID uuid.UUID, opts *annoset.CheckOptions) annoset.Report {
	t.Helper()
	r := Value(s.Check(context.Background(), setID, opts))(t)
	checkReport(t, r)
	return r
}

// checkReport checks what holds of every report.
func checkReport(t testing.TB, r annoset.Report) {
	t.Helper()
	is := is.New(t)
	is.Equal(len(r.FindingsByKind), 10)    // every kind, zeros included
	is.Equal(len(r.FindingsBySeverity), 3) // every severity
	listed, bySeverity := make(map[annoset.FindingKind]int64), make(map[annoset.Severity]int64)
	for _, f := range r.Findings {
		listed[f.Kind]++
		is.Equal(f.Severity, f.Kind.Severity())
		is.True(f.Message != "")
		is.True(f.Annotations != nil)
		for _, a := range f.Annotations {
			is.Equal(a.AudioFileID, f.AudioFileID)                           // labels of one file
			is.True(strings.Contains(f.Message, fmt.Sprint("label ", a.ID))) // named in the message
		}
	}
	for kind, n := range r.FindingsByKind {
		is.True(listed[kind] <= n)             // what is listed was counted
		is.True((n > 0) == (listed[kind] > 0)) // a kind that was found is listed at least once
		bySeverity[kind.Severity()] += n
	}
	for severity, n := range r.FindingsBySeverity {
		is.Equal(n, bySeverity[severity])
	}
}

// KindsOf returns the kinds of a report's findings, in their order.
func KindsOf(r annoset.Report) []string {
	kinds := []string{}
	for _, f := range r.Findings {
		kinds = append(kinds, string(f.Kind))
	}
	return kinds
}
