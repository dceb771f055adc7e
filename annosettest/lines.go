package annosettest

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode"

	"github.com/google/uuid"

	"github.com/annoset/annoset"
)

// datasetName is the dataset that Draft adds sets to.
const datasetName = "test"

// Draft adds a draft that has these lines to the dataset "test", which it creates if it is missing. Create that
// dataset first to give it artifact types or audio files with known durations. A line is a label or a clean audio file:
//
//	file type start_ms end_ms
//	file type start_ms end_ms confidence
//	file type start_ms end_ms confidence {"extra":"data"}
//	file clean
//
// Confidence and extra data may each be left out. A file or a type with blanks or quotes is a quoted Go string. Empty
// lines are skipped, and one argument may hold several lines.
//
// Lines may come in any order, and as many as there are: they are written in bulk. A line that cannot be read, or that
// the store refuses, fails the test with its number, its text and the reason.
func Draft(tb testing.TB, s *annoset.Store, lines ...string) annoset.AnnotationSet {
	tb.Helper()
	set, err := draft(context.Background(), s, lines)
	if err != nil {
		tb.Fatalf("annosettest.Draft: %v", err)
	}
	return set
}

// Publish is Draft, published. As with [annoset.Store.Publish], a set without any line is refused.
func Publish(tb testing.TB, s *annoset.Store, lines ...string) annoset.AnnotationSet {
	tb.Helper()
	ctx := context.Background()
	set, err := draft(ctx, s, lines)
	if err == nil {
		set, err = s.Publish(ctx, set.ID, nil)
	}
	if err != nil {
		tb.Fatalf("annosettest.Publish: %v", err)
	}
	return set
}

// Labels returns the labels that lines, in the form of [Draft], stand for: to add them to a set that is there already,
// or to use them as predictions. It fails the test for a line that cannot be read, and for a clean audio file. What a
// store would refuse, such as an end before the start, is left to whoever takes the labels.
func Labels(tb testing.TB, lines ...string) []annoset.Annotation {
	tb.Helper()
	entries, err := parse(lines)
	labels := make([]annoset.Annotation, len(entries))
	for i, e := range entries {
		if e.clean && err == nil {
			err = e.bad("is no label")
		}
		labels[i] = e.Annotation
	}
	if err != nil {
		tb.Fatalf("annosettest.Labels: %v", err)
	}
	return labels
}

// Lines returns what a set holds in the form that [Draft] takes, in order of audio file, start, end, type, confidence
// and extra data: Draft makes a set of the same digest of them. Extra data is written without white space between its
// tokens. Lines never leaves anything out but the ids of labels, and returns an empty slice, not nil, for an empty set.
func Lines(tb testing.TB, s *annoset.Store, setID uuid.UUID) []string {
	tb.Helper()
	entries, err := read(context.Background(), s, setID)
	if err != nil {
		tb.Fatalf("annosettest.Lines: %v", err)
	}
	lines := make([]string, len(entries))
	for i, e := range entries {
		lines[i] = e.String()
	}
	return lines
}

// entry is what one line stands for.
type entry struct {
	annoset.Annotation
	clean bool // of the annotation there is the audio file alone

	number int // of the line, from 1
	text   string
}

func (e *entry) bad(format string, args ...any) error {
	return fmt.Errorf("line %d, %s: %s", e.number, cut(e.text), fmt.Sprintf(format, args...))
}

// String returns the line.
func (e *entry) String() string {
	b := appendName(nil, e.AudioFileID)
	if e.clean {
		return string(append(b, " clean"...))
	}
	b = appendName(append(b, ' '), e.ArtifactType)
	b = strconv.AppendInt(append(b, ' '), e.StartMS, 10)
	b = strconv.AppendInt(append(b, ' '), e.EndMS, 10)
	if e.Confidence != nil {
		b = strconv.AppendFloat(append(b, ' '), *e.Confidence, 'g', -1, 64)
	}
	if len(e.ExtraData) > 0 {
		b = append(append(b, ' '), e.ExtraData...)
	}
	return string(b)
}

// compare is the order of Lines.
func (e *entry) compare(other *entry) int {
	return cmp.Or(
		strings.Compare(e.AudioFileID, other.AudioFileID),
		cmp.Compare(e.StartMS, other.StartMS),
		cmp.Compare(e.EndMS, other.EndMS),
		strings.Compare(e.ArtifactType, other.ArtifactType),
		compareConfidence(e.Confidence, other.Confidence),
		bytes.Compare(e.ExtraData, other.ExtraData),
	)
}

// compareConfidence puts an absent one first.
func compareConfidence(a, b *float64) int {
	switch {
	case a == nil && b == nil:
		return 0
	case a == nil:
		return -1
	case b == nil:
		return 1
	}
	return cmp.Compare(*a, *b)
}

// appendName quotes a name that could not be read back as it is, or that a reader could not see.
func appendName(b []byte, name string) []byte {
	if name == "" || strings.ContainsFunc(name, func(r rune) bool {
		return unicode.IsSpace(r) || !strconv.IsPrint(r) || strings.ContainsRune("\"'`", r)
	}) {
		return strconv.AppendQuote(b, name)
	}
	return append(b, name...)
}

// cut quotes a text for an error message.
func cut(text string) string {
	const most = 200
	if len(text) > most {
		return strconv.Quote(text[:most]) + "…"
	}
	return strconv.Quote(text)
}

// maxBad is how many bad lines are named.
const maxBad = 10

// parse reads lines. The error names the first bad ones.
func parse(lines []string) ([]entry, error) {
	entries := make([]entry, 0, len(lines))
	var bad []error
	number := 0
	for _, argument := range lines {
		for line := range strings.SplitSeq(argument, "\n") {
			number++
			e := entry{number: number, text: strings.TrimSpace(line)}
			if e.text == "" {
				continue
			}
			if err := e.parse(); err != nil {
				if bad = append(bad, e.bad("%v", err)); len(bad) == maxBad {
					return nil, errors.Join(bad...)
				}
			}
			entries = append(entries, e)
		}
	}
	if bad != nil {
		return nil, errors.Join(bad...)
	}
	return entries, nil
}

// parse reads the text of an entry.
func (e *entry) parse() error {
	var err error
	rest := e.text
	if e.AudioFileID, rest, err = word(rest); err != nil {
		return fmt.Errorf("file: %w", err)
	}
	if rest == "clean" {
		e.clean = true
		return nil
	}
	if e.ArtifactType, rest, err = word(rest); err != nil {
		return fmt.Errorf("type: %w", err)
	}
	if e.StartMS, rest, err = milliseconds(rest); err != nil {
		return fmt.Errorf("start_ms: %w", err)
	}
	if e.EndMS, rest, err = milliseconds(rest); err != nil {
		return fmt.Errorf("end_ms: %w", err)
	}
	if rest != "" && rest[0] != '{' {
		var text string
		if text, rest, err = word(rest); err != nil {
			return fmt.Errorf("confidence: %w", err)
		}
		c, err := strconv.ParseFloat(text, 64)
		if err != nil {
			return fmt.Errorf("confidence: %s is not a number", cut(text))
		}
		e.Confidence = &c
	}
	if rest != "" && rest[0] != '{' {
		return fmt.Errorf("%s is too much", cut(rest))
	}
	if rest != "" {
		e.ExtraData = json.RawMessage(rest)
	}
	return nil
}

var errMissing = errors.New("is missing")

// word takes the next word, which may be quoted, and the blanks behind it off a text.
func word(text string) (word, rest string, err error) {
	if text == "" {
		return "", "", errMissing
	}
	switch text[0] {
	case '"', '`':
		quoted, err := strconv.QuotedPrefix(text)
		if err != nil {
			return "", "", fmt.Errorf("%s is not a quoted Go string", cut(text))
		}
		if word, err = strconv.Unquote(quoted); err != nil {
			return "", "", err
		}
		rest = text[len(quoted):]
		if after := strings.TrimLeftFunc(rest, unicode.IsSpace); rest != "" && after == rest {
			return "", "", fmt.Errorf("there is no blank behind %s", cut(quoted))
		}
	default:
		end := strings.IndexFunc(text, unicode.IsSpace)
		if end < 0 {
			end = len(text)
		}
		if word, rest = text[:end], text[end:]; word[0] == '\'' || strings.ContainsAny(word, "\"`") {
			return "", "", fmt.Errorf("%s has quotes: write it as a quoted Go string", cut(word))
		}
	}
	return word, strings.TrimLeftFunc(rest, unicode.IsSpace), nil
}

func milliseconds(text string) (ms int64, rest string, err error) {
	digits, rest, err := word(text)
	if err != nil {
		return 0, "", err
	}
	if ms, err = strconv.ParseInt(digits, 10, 64); err != nil {
		return 0, "", fmt.Errorf("%s is not a whole number", cut(digits))
	}
	return ms, rest, nil
}

// draft adds a draft of lines.
func draft(ctx context.Context, s *annoset.Store, lines []string) (annoset.AnnotationSet, error) {
	none := annoset.AnnotationSet{}
	entries, err := parse(lines)
	if err != nil {
		return none, err
	}
	if err := contradiction(entries); err != nil {
		return none, err
	}
	var labels, marks []entry
	var clean []string
	for _, e := range entries {
		if e.clean {
			marks, clean = append(marks, e), append(clean, e.AudioFileID)
		} else {
			labels = append(labels, e)
		}
	}
	datasetID, err := dataset(ctx, s)
	if err != nil {
		return none, err
	}
	set, err := s.CreateSet(ctx, datasetID, annoset.NewSet{})
	if err != nil {
		return none, err
	}
	if _, err := s.Import(ctx, set.ID, annotations(labels), &annoset.ImportOptions{
		Clean: func() []string { return clean },
	}); err != nil {
		return none, refused(labels, marks, err)
	}
	return s.SetByVersion(ctx, datasetID, set.Version)
}

func annotations(entries []entry) iter.Seq2[annoset.Annotation, error] {
	return func(yield func(annoset.Annotation, error) bool) {
		for i := range entries {
			if !yield(entries[i].Annotation, nil) {
				return
			}
		}
	}
}

// contradiction finds an audio file that has labels and is clean, where the store would let the label win.
func contradiction(entries []entry) error {
	first := make(map[string]*entry)
	for i := range entries {
		e := &entries[i]
		f := first[e.AudioFileID]
		switch {
		case f == nil:
			first[e.AudioFileID] = e
		case f.clean != e.clean && e.clean:
			return e.bad("the file has a label in line %d", f.number)
		case f.clean != e.clean:
			return e.bad("the file is clean in line %d", f.number)
		}
	}
	return nil
}

// refused says of which lines a store complains.
func refused(labels, marks []entry, err error) error {
	invalid, ok := errors.AsType[*annoset.ValidationError](err)
	if !ok {
		return err
	}
	var bad []error
	for _, p := range invalid.Problems[:min(maxBad, len(invalid.Problems))] {
		entries, field := labels, p.Field
		if field == "clean" {
			entries, field = marks, "audio_file_id"
		}
		if p.Index < 0 || p.Index >= len(entries) {
			return err
		}
		bad = append(bad, entries[p.Index].bad("%s %s", field, p.Reason))
	}
	return errors.Join(bad...)
}

// dataset returns the dataset "test", which another goroutine may be creating too.
func dataset(ctx context.Context, s *annoset.Store) (uuid.UUID, error) {
	d, err := s.DatasetByName(ctx, datasetName)
	if errors.Is(err, annoset.ErrNotFound) {
		d, err = s.CreateDataset(ctx, annoset.NewDataset{Name: datasetName})
		if errors.Is(err, annoset.ErrExists) {
			d, err = s.DatasetByName(ctx, datasetName)
		}
	}
	return d.ID, err
}

// read returns what a set holds, in the order of Lines.
func read(ctx context.Context, s *annoset.Store, setID uuid.UUID) ([]entry, error) {
	var all []entry
	for f, err := range s.Examined(ctx, setID, annoset.Filter{}) {
		if err != nil {
			return nil, err
		}
		entries, err := entriesOf(f)
		if err != nil {
			return nil, err
		}
		all = append(all, entries...)
	}
	return all, nil
}

// entriesOf returns what a set holds of one audio file.
func entriesOf(f annoset.Examined) ([]entry, error) {
	if f.Clean {
		return []entry{{Annotation: annoset.Annotation{AudioFileID: f.ID}, clean: true}}, nil
	}
	entries := make([]entry, len(f.Annotations))
	for i, a := range f.Annotations {
		if len(a.ExtraData) > 0 {
			var b bytes.Buffer
			if err := json.Compact(&b, a.ExtraData); err != nil {
				return nil, err
			}
			a.ExtraData = b.Bytes()
		}
		entries[i].Annotation = a
	}
	slices.SortStableFunc(entries, func(a, b entry) int { return a.compare(&b) })
	return entries, nil
}
