package changelog

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/annoset/annoset/internal/diff"
	"github.com/annoset/annoset/internal/survey"
	"github.com/annoset/annoset/sqlite"
)

// Version returns the Markdown paragraphs about one version of a dataset: a heading, facts, the notes, and the changes
// since its predecessor unless the notes end with them.
func Version(ctx context.Context, tx *sqlite.ReadTx, set *sqlite.SetRow, minIoU float64) ([]string, error) {
	parent, err := diff.FindPredecessor(ctx, tx, set)
	if err != nil {
		return nil, err
	}
	totals := func() (survey.Totals, error) { return survey.Of(ctx, tx, set) }
	log, err := Against(ctx, tx, parent.Set, set, minIoU, totals)
	if err != nil {
		return nil, err
	}
	title := fmt.Sprintf("## Version %d (draft of %s)", set.Version, date(set.CreatedMS))
	var facts []string
	if set.Status == sqlite.StatusPublished {
		title = fmt.Sprintf("## Version %d (%s)", set.Version, date(*set.PublishedMS))
		facts = append(facts, "Digest `"+*set.Digest+"`.")
	}
	if from := origin(&parent); from != "" {
		facts = append(facts, from)
	}
	section := []string{title}
	if len(facts) > 0 {
		section = append(section, strings.Join(facts, " "))
	}
	notes := strings.Trim(set.Notes, "\r\n")
	if notes != "" {
		section = append(section, notes)
	}
	if !strings.HasSuffix(notes, log) {
		section = append(section, log)
	}
	return section, nil
}

// origin says what a version was made from.
func origin(p *diff.Predecessor) string {
	var from string
	switch {
	case p.Gone:
		from = "Made from a draft that was deleted"
	case p.Draft != nil:
		from = fmt.Sprintf("Made from version %d when that was a draft", p.Draft.Version)
	case p.Set != nil:
		return fmt.Sprintf("Made from version %d.", p.Set.Version)
	default:
		return ""
	}
	if p.Set != nil {
		from += fmt.Sprintf(", on version %d", p.Set.Version)
	}
	return from + "."
}

func date(ms int64) string { return time.UnixMilli(ms).UTC().Format(time.DateOnly) }
