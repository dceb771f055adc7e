package textgrid

import (
	"bufio"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/annoset/annoset/labelfile/internal/codec"
	"github.com/annoset/annoset/labelfile/internal/codec/tier"
	"github.com/annoset/annoset/labelfile/internal/decimal"
)

// Write writes a TextGrid of one audio file: the long text form in UTF-8, laid out to the byte as by Praat. It holds
// the labels in memory.
func Write(dst *codec.Target) error {
	w := &writer{dst: dst, byName: make(map[key]*group)}
	for a, err := range dst.Labels {
		if err != nil {
			return err
		}
		if err := w.add(a); err != nil {
			return err
		}
	}
	for _, file := range dst.Clean {
		dst.Note(codec.CleanLost, file)
		if w.file == "" {
			w.file = file
		}
	}
	return w.write()
}

type key struct{ name, class string }

// group is the labels of one tier, or of several tiers of one name if labels overlap.
type group struct {
	key
	spans []tier.Span
	texts [][2]string // the times of each span, in the spelling to write
}

type writer struct {
	dst     *codec.Target
	file    string
	byName  map[key]*group
	groups  []*group
	end     decimal.Number // of the last label
	endText string
}

func (w *writer) add(a *codec.Annotation) error {
	w.file = a.File
	if a.Confidence != nil {
		w.dst.Note(codec.ConfidenceLost, a.Type)
	}
	extra, err := tier.NewExtra(a.Extra)
	if err != nil {
		return err
	}
	k := key{name: tier.Default, class: IntervalTier}
	if name, ok := extra.Text(tier.NameField); ok {
		if k.name = plainLines(name); k.name != name || name == tier.Default {
			extra.Lose(tier.NameField) // it is not read back
		}
	}
	span := tier.Span{Text: plainLines(a.Type)}
	if span.Text != a.Type {
		w.dst.Note(codec.TypeChanged, a.Type)
	}
	var texts [2]string
	span.Start, span.End, texts = times(a, extra)
	if span.Start.Cmp(span.End) == 0 {
		k.class = TextTier
	}
	if span.Want = extra.Int(tier.IndexField); span.Want > tier.MaxIndex {
		span.Want = 0
		extra.Lose(tier.IndexField)
	}
	if lost := extra.Lost(); lost != "" {
		w.dst.Note(codec.ExtraLost, lost)
	}
	g := w.byName[k]
	if g == nil {
		g = &group{key: k}
		w.byName[k] = g
		w.groups = append(w.groups, g)
	}
	g.spans, g.texts = append(g.spans, span), append(g.texts, texts)
	if w.endText == "" || w.end.Cmp(span.End) < 0 {
		w.end, w.endText = span.End, texts[1]
	}
	return nil
}

// times returns the times of a label and their spelling: the kept one, if that is still right.
func times(a *codec.Annotation, extra *tier.Extra) (start, end decimal.Number, texts [2]string) {
	start, end = decimal.FromMS(a.StartMS), decimal.FromMS(a.EndMS)
	texts = [2]string{seconds(a.StartMS), seconds(a.EndMS)}
	names := [2]string{"start_text", "end_text"}
	first, ok1 := extra.Text(names[0])
	second, ok2 := extra.Text(names[1])
	n1, ok3 := still(first, a.StartMS)
	n2, ok4 := still(second, a.EndMS)
	if !ok1 || !ok2 || !ok3 || !ok4 || n1.Sign() < 0 || n1.Cmp(n2) > 0 {
		extra.Lose(names[:]...)
		return start, end, texts
	}
	return n1, n2, [2]string{first, second}
}

// still returns the time of a kept spelling, if it still rounds to the label's time and Praat reads it.
func still(s string, ms int64) (decimal.Number, bool) {
	const longest = 39 // characters; Praat reads no longer numbers
	n, err := decimal.Parse(s)
	if err != nil || len(s) > longest || s[0] == '.' {
		return n, false
	}
	rounded, _, err := n.MS()
	return n, err == nil && rounded == ms
}

func seconds(ms int64) string { return string(decimal.AppendSeconds(nil, ms, 0)) }

// write lays out the tiers.
func (w *writer) write() error {
	if len(w.groups) == 0 {
		w.groups = append(w.groups, &group{key: key{tier.Default, IntervalTier}})
	}
	xmax, xmaxText := w.end, w.endText
	if ms := max(w.dst.DurationMS(w.file), 1); xmax.Cmp(decimal.FromMS(ms)) < 0 { // Praat refuses files of no duration
		xmax, xmaxText = decimal.FromMS(ms), seconds(ms)
	}
	size := 0
	lanes := make([][][]int, len(w.groups)) // by group and lane, the spans in order
	for i, g := range w.groups {
		lanes[i] = w.lanes(g)
		size += len(lanes[i])
	}
	out := bufio.NewWriter(w.dst.Writer)
	fmt.Fprintf(out, "File type = \"ooTextFile\"\nObject class = \"TextGrid\"\n\nxmin = 0 \nxmax = %s \n", xmaxText)
	fmt.Fprintf(out, "tiers? <exists> \nsize = %d \nitem []: \n", size)
	n := 0
	for i, g := range w.groups {
		for _, lane := range lanes[i] {
			n++
			fmt.Fprintf(out, "    item [%d]:\n        class = \"%s\" \n        name = ", n, g.class)
			quote(out, g.name)
			fmt.Fprintf(out, " \n        xmin = 0 \n        xmax = %s \n", xmaxText)
			if g.class == TextTier {
				g.writePoints(out, lane)
			} else {
				g.writeIntervals(out, lane, xmax, xmaxText)
			}
		}
	}
	return out.Flush()
}

// lanes spreads the labels of a group over tiers. The number of the tier that a label names is lost, with a remark,
// if that tier is taken there, or if the number is not needed.
func (w *writer) lanes(g *group) [][]int {
	order := tier.Sort(g.spans)
	at, n := tier.Spread(g.spans, order)
	implied := n < 2 || g.spreadSo(order, at)
	lanes := make([][]int, max(n, 1))
	for _, i := range order {
		lanes[at[i]] = append(lanes[at[i]], i)
		if want := g.spans[i].Want; want != 0 && (implied || want != at[i]+1) {
			w.dst.About = g.label(i, w.file)
			w.dst.Note(codec.ExtraLost, tier.IndexField)
		}
	}
	return lanes
}

// label returns a label of the group as it was, for a remark.
func (g *group) label(i int, file string) *codec.Annotation {
	s := &g.spans[i]
	start, _, _ := s.Start.MS()
	end, _, _ := s.End.MS()
	return &codec.Annotation{File: file, Type: s.Text, StartMS: start, EndMS: end}
}

// spreadSo reports whether the labels would be spread over these lanes without their numbers, too.
func (g *group) spreadSo(order, lanes []int) bool {
	free := slices.Clone(g.spans)
	for i := range free {
		free[i].Want = 0
	}
	at, _ := tier.Spread(free, order)
	return slices.Equal(at, lanes)
}

func (g *group) writePoints(out *bufio.Writer, lane []int) {
	fmt.Fprintf(out, "        points: size = %d \n", len(lane))
	for n, i := range lane {
		fmt.Fprintf(out, "        points [%d]:\n            number = %s \n            mark = ", n+1, g.texts[i][0])
		quote(out, g.spans[i].Text)
		out.WriteString(" \n")
	}
}

// writeIntervals writes a tier without gaps from 0 to the end.
func (g *group) writeIntervals(out *bufio.Writer, lane []int, xmax decimal.Number, xmaxText string) {
	type interval struct{ start, end, text string }
	intervals := make([]interval, 0, 2*len(lane)+1)
	at, atText := decimal.Number{}, "0"
	gap := func(to decimal.Number, toText string) {
		if at.Cmp(to) < 0 {
			intervals = append(intervals, interval{start: atText, end: toText})
		}
	}
	for _, i := range lane {
		gap(g.spans[i].Start, g.texts[i][0])
		intervals = append(intervals, interval{g.texts[i][0], g.texts[i][1], g.spans[i].Text})
		at, atText = g.spans[i].End, g.texts[i][1]
	}
	gap(xmax, xmaxText)
	fmt.Fprintf(out, "        intervals: size = %d \n", len(intervals))
	for n, v := range intervals {
		fmt.Fprintf(out, "        intervals [%d]:\n            xmin = %s \n            xmax = %s \n            text = ",
			n+1, v.start, v.end)
		quote(out, v.text)
		out.WriteString(" \n")
	}
}

// quote writes a text in quotes. The buffer keeps an error of the writer until it is flushed.
func quote(out *bufio.Writer, s string) {
	out.WriteByte('"')
	for {
		i := strings.IndexByte(s, '"')
		if i < 0 {
			break
		}
		io.WriteString(out, s[:i+1]) //nolint:errcheck // as above
		out.WriteByte('"')
		s = s[i+1:]
	}
	out.WriteString(s)
	out.WriteByte('"')
}
