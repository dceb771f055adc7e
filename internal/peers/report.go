package main

import (
	"bytes"
	"fmt"
	"strings"
	"unicode/utf8"
)

// report returns the tables for people, in Markdown.
func report(o *options, about []string, results []*result) string {
	w := new(bytes.Buffer)
	work := fmt.Sprintf("%d labels in %d audio files, seed fixed", o.size.Labels, o.size.Files)
	if o.workload != "synthetic" {
		work = fmt.Sprintf("the labels of %s", o.workload)
	}
	fmt.Fprintf(w, "Workload: %s; 100 edits a version, %d further versions. Medians of %d run(s).\n\n", work,
		o.size.Versions, o.runs)
	for _, line := range about {
		fmt.Fprintf(w, "- %s\n", line)
	}
	fmt.Fprintln(w)
	contestants(w, results)
	measured := ran(results)
	if len(measured) == 0 {
		return w.String()
	}
	head := []string{""}
	for _, r := range measured {
		head = append(head, r.Name)
	}
	rows := [][]string{head}
	for i := range figures {
		rows = append(rows, row(&figures[i], measured))
	}
	table(w, rows)
	fmt.Fprintf(w, "\nIn brackets: how many times what %s takes.\n", measured[0].Name)
	if o.workload == "synthetic" && measured[0].Folder == known[0] {
		fmt.Fprintln(w)
		judge(w, aims(results))
	}
	return w.String()
}

func contestants(w *bytes.Buffer, results []*result) {
	rows := [][]string{{"contestant", "is", "durability", "leaves out"}}
	for _, r := range results {
		switch {
		case r.NotBuilt != "":
			rows = append(rows, []string{r.Name, "not built: " + r.NotBuilt, "", ""})
		case r.Failed != "":
			rows = append(rows, []string{r.Name, "failed: " + r.Failed, r.About.Durability, r.About.LeavesOut})
		default:
			rows = append(rows, []string{r.Name, r.About.What, r.About.Durability, r.About.LeavesOut})
		}
	}
	table(w, rows)
	fmt.Fprintln(w)
}

// ran are the contestants that came to the end of a run.
func ran(results []*result) (out []*result) {
	for _, r := range results {
		if len(r.Runs) > 0 {
			out = append(out, r)
		}
	}
	return out
}

func row(f *figure, results []*result) []string {
	cells := []string{f.name}
	base, haveBase := f.get(results[0])
	for i, r := range results {
		v, found := f.get(r)
		switch {
		case !found:
			cells = append(cells, "–")
		case i == 0 || !haveBase || base == 0:
			cells = append(cells, f.format(v))
		default:
			cells = append(cells, fmt.Sprintf("%s (%s)", f.format(v), threeDigits(v/base)))
		}
	}
	return cells
}

func judge(w *bytes.Buffer, list []aim) {
	rows := [][]string{{"work", "aim", "measured", ""}}
	for _, a := range list {
		measured, verdict := "–", "not measured"
		if a.known {
			measured, verdict = a.format(a.value), "missed"
			if a.met(a.value) {
				verdict = "met"
			}
		}
		rows = append(rows, []string{a.work, a.aim, measured, verdict})
	}
	table(w, rows)
}

// table prints rows, of which the first is the head, as a Markdown table that is also straight to the eye.
func table(w *bytes.Buffer, rows [][]string) {
	widths := make([]int, len(rows[0]))
	for _, cells := range rows {
		for i := range cells {
			cells[i] = strings.NewReplacer("|", `\|`, "\n", " ").Replace(cells[i])
			widths[i] = max(widths[i], utf8.RuneCountInString(cells[i]), 3)
		}
	}
	line := func(cells []string, pad string) {
		for i, cell := range cells {
			fmt.Fprintf(w, "| %s%s ", cell, strings.Repeat(pad, widths[i]-utf8.RuneCountInString(cell)))
		}
		fmt.Fprintln(w, "|")
	}
	line(rows[0], " ")
	line(make([]string, len(widths)), "-")
	for _, cells := range rows[1:] {
		line(cells, " ")
	}
}
