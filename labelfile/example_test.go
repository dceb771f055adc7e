package labelfile_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"
	"strings"
	"testing/fstest"

	"github.com/annoset/annoset"
	"github.com/annoset/annoset/labelfile"
)

// A label track of Audacity goes into a draft. The report says that a time had more digits than milliseconds hold.
func ExampleImport() {
	ctx := context.Background()
	store, draft := newStore(ctx)
	defer store.Close()

	const track = "0.5\t1.25\tglitch\n3.00049\t4\thum\n"
	report, err := labelfile.Import(ctx, store, draft.ID, strings.NewReader(track), labelfile.Audacity,
		&labelfile.ImportOptions{ReadOptions: labelfile.ReadOptions{Name: "shows/ep1.txt"}})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(report.Labels, "labels")
	for _, r := range report.Remarks {
		fmt.Printf("%s: %d, first at %v: %s\n", r.Kind, r.Count, r.First[0], r.First[0].Text)
	}
	for a, err := range store.Annotations(ctx, draft.ID, annoset.Filter{}) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(a.AudioFileID, a.ArtifactType, a.StartMS, a.EndMS)
	}
	// Output:
	// 2 labels
	// digits lost: 1, first at shows/ep1.txt:2:1: 3.00049 4
	// ep1 glitch 500 1250
	// ep1 hum 3000 4000
}

// A bad file is refused as a whole, and the error says where.
func ExampleImport_syntaxError() {
	ctx := context.Background()
	store, draft := newStore(ctx)
	defer store.Close()

	const table = "filename,start,end,label\nep1.wav,0.5,1.25,glitch\nep1.wav,soon,4,hum\n"
	_, err := labelfile.Import(ctx, store, draft.ID, strings.NewReader(table), labelfile.CSV, nil)
	if e, ok := errors.AsType[*labelfile.SyntaxError](err); ok {
		fmt.Println("line", e.Line, "column", e.Column, "has", e.Found)
	}
	stats, err := store.Stats(ctx, draft.ID)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(stats.TotalAnnotations, "labels")
	// Output:
	// line 3 column 9 has "soon"
	// 0 labels
}

// A folder with one label track for each recording. What has no labels was examined, and is clean.
func ExampleImportFS() {
	ctx := context.Background()
	store, draft := newStore(ctx)
	defer store.Close()

	folder := fstest.MapFS{ // os.DirFS("labels") for a folder on disk
		"monday/ep1.txt":  {Data: []byte("0.5\t1.25\tglitch\n")},
		"monday/ep2.txt":  {Data: []byte("")},
		"tuesday/ep3.txt": {Data: []byte("2\t3\thum\n")},
	}
	report, err := labelfile.ImportFS(ctx, store, draft.ID, folder, labelfile.Audacity,
		&labelfile.ImportOptions{EmptyIsClean: true})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(report.Files, "files,", report.Labels, "labels,", report.Clean, "clean")
	// Output: 3 files, 2 labels, 1 clean
}

// The turns of two speakers as RTTM.
func ExampleExport() {
	ctx := context.Background()
	store, draft := newStore(ctx)
	defer store.Close()
	_, err := store.Add(ctx, draft.ID,
		annoset.Annotation{AudioFileID: "ep1", ArtifactType: "ada", StartMS: 500, EndMS: 2750},
		annoset.Annotation{AudioFileID: "ep2", ArtifactType: "bob", StartMS: 0, EndMS: 1000, Confidence: new(0.5)})
	if err != nil {
		log.Fatal(err)
	}

	report, err := labelfile.Export(ctx, store, draft.ID, os.Stdout, labelfile.RTTM, nil)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(report.Labels, "labels,", len(report.Remarks), "remarks")
	// Output:
	// SPEAKER ep1 1 0.500 2.250 <NA> <NA> ada <NA> <NA>
	// SPEAKER ep2 1 0.000 1.000 <NA> <NA> bob 0.5 <NA>
	// 2 labels, 0 remarks
}

// A folder of TextGrids, one for each audio file. TextGrids have no place for a confidence, and the report says so.
func ExampleExportDir() {
	ctx := context.Background()
	store, draft := newStore(ctx)
	defer store.Close()
	_, err := store.Add(ctx, draft.ID,
		annoset.Annotation{AudioFileID: "ep1", ArtifactType: "glitch", StartMS: 500, EndMS: 1250, Confidence: new(0.9)},
		annoset.Annotation{AudioFileID: "ep2", ArtifactType: "hum", StartMS: 0, EndMS: 4000})
	if err != nil {
		log.Fatal(err)
	}

	dir, err := os.MkdirTemp("", "labels")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	report, err := labelfile.ExportDir(ctx, store, draft.ID, dir, labelfile.TextGrid, nil)
	if err != nil {
		log.Fatal(err)
	}
	files, err := os.ReadDir(dir)
	if err != nil {
		log.Fatal(err)
	}
	for _, f := range files {
		fmt.Println(f.Name())
	}
	for _, r := range report.Remarks {
		fmt.Println(r.Kind, r.Count, r.First[0].File, r.First[0].Text)
	}
	// Output:
	// ep1.TextGrid
	// ep2.TextGrid
	// confidence lost 1 ep1 glitch 0.5-1.25
}

func ExampleDetect() {
	const head = "Start (s),End (s),Scientific name,Common name,Confidence,File\n"
	format, err := labelfile.Detect("labels.csv", []byte(head))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(format)

	_, err = labelfile.Detect("notes.csv", []byte("Dear diary,\n"))
	fmt.Println(errors.Is(err, annoset.ErrInvalid)) // the name alone is not enough
	// Output:
	// birdnet
	// true
}

// A table with columns in German. A row with a file name alone says that the audio file is clean.
func ExampleRead() {
	table := `Datei;Beginn;Dauer;Ereignis;Sicherheit
ep1.wav;0:01,25;0,5;glitch;0,9
ep2.wav;;;;
`
	var report labelfile.ReadReport
	opts := &labelfile.ReadOptions{
		Table: labelfile.TableOptions{
			AudioFileID: "Datei", Start: "Beginn", Duration: "Dauer", ArtifactType: "Ereignis", Confidence: "Sicherheit",
		},
		Clean: func(audioFileID string) error {
			fmt.Println(audioFileID, "is clean")
			return nil
		},
		Report: &report,
	}
	for a, err := range labelfile.Read(strings.NewReader(table), labelfile.CSV, opts) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(a.AudioFileID, a.ArtifactType, a.StartMS, a.EndMS, *a.Confidence)
	}
	fmt.Println(report.Labels, "label,", report.Clean, "clean")
	// Output:
	// ep1.wav glitch 1250 1750 0.9
	// ep2.wav is clean
	// 1 label, 1 clean
}

// The words of a TextGrid, with the name of their tier before them.
func ExampleRead_textGrid() {
	const grid = `File type = "ooTextFile"
Object class = "TextGrid"

xmin = 0
xmax = 2.3
tiers? <exists>
size = 1
item []:
    item [1]:
        class = "IntervalTier"
        name = "words"
        xmin = 0
        xmax = 2.3
        intervals: size = 3
        intervals [1]:
            xmin = 0
            xmax = 0.7001
            text = "hello"
        intervals [2]:
            xmin = 0.7001
            xmax = 1.5
            text = ""
        intervals [3]:
            xmin = 1.5
            xmax = 2.3
            text = "world"
`
	opts := &labelfile.ReadOptions{Name: "interviews/ep1.TextGrid", ArtifactType: "{tier}/{text}", Report: &labelfile.ReadReport{}}
	for a, err := range labelfile.Read(strings.NewReader(grid), labelfile.TextGrid, opts) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(a.AudioFileID, a.StartMS, a.EndMS, a.ArtifactType, string(a.ExtraData))
	}
	for _, r := range opts.Report.Remarks {
		fmt.Println(r.Kind, r.Count, r.First[0].Line, r.First[0].Text)
	}
	// Output:
	// ep1 0 700 words/hello {"tier":"words"}
	// ep1 1500 2300 words/world {"tier":"words"}
	// digits lost 1 16 0 0.7001
}

// A UEM says what was examined, and an RTTM who spoke there. An audio file of the UEM without turns is clean.
func ExampleRead_clean() {
	const who = "SPEAKER ep1 1 0.50 2.25 <NA> <NA> ada <NA> <NA>\n" +
		"SPEAKER ep1 1 2.75 1.00 <NA> <NA> bob 0.9 <NA>\n"
	const looked = "ep1 1 0.000 4.000\nep2 1 0.000 60.000\n"

	heard := map[string]bool{}
	for a, err := range labelfile.Read(strings.NewReader(who), labelfile.RTTM, nil) {
		if err != nil {
			log.Fatal(err)
		}
		heard[a.AudioFileID] = true
		fmt.Println(a.AudioFileID, a.ArtifactType, a.StartMS, a.EndMS)
	}
	for a, err := range labelfile.Read(strings.NewReader(looked), labelfile.UEM, nil) {
		if err != nil {
			log.Fatal(err)
		}
		if !heard[a.AudioFileID] {
			fmt.Println(a.AudioFileID, "is clean") // for Store.MarkClean
		}
	}
	// Output:
	// ep1 ada 500 2750
	// ep1 bob 2750 3750
	// ep2 is clean
}

// The DCASE format has no place for a confidence, and the report says so.
func ExampleWrite() {
	labels := []annoset.Annotation{
		{AudioFileID: "ep1.wav", ArtifactType: "glitch", StartMS: 1200, EndMS: 1450},
		{AudioFileID: "ep1.wav", ArtifactType: "hum", StartMS: 9000, EndMS: 12000, Confidence: new(0.5)},
	}
	seq := func(yield func(annoset.Annotation, error) bool) {
		for _, a := range labels {
			if !yield(a, nil) {
				return
			}
		}
	}
	report, err := labelfile.Write(os.Stdout, labelfile.DCASE, seq, nil)
	if err != nil {
		log.Fatal(err)
	}
	for _, r := range report.Remarks {
		fmt.Println(r.Kind, r.Count, r.First[0].File, r.First[0].Text)
	}
	// Output:
	// filename	onset	offset	event_label
	// ep1.wav	1.200	1.450	glitch
	// ep1.wav	9.000	12.000	hum
	// confidence lost 1 ep1.wav hum 9.0-12.0
}

// Labels for ELAN. Those that overlap go into a second tier, since no two of a tier may.
func ExampleWrite_eaf() {
	labels := []annoset.Annotation{
		{AudioFileID: "ep1.wav", ArtifactType: "speech", StartMS: 0, EndMS: 900},
		{AudioFileID: "ep1.wav", ArtifactType: "laughter", StartMS: 500, EndMS: 1200, Confidence: new(0.8)},
	}
	seq := func(yield func(annoset.Annotation, error) bool) {
		for _, a := range labels {
			if !yield(a, nil) {
				return
			}
		}
	}
	var b strings.Builder
	report, err := labelfile.Write(&b, labelfile.EAF, seq, nil)
	if err != nil {
		log.Fatal(err)
	}
	for line := range strings.Lines(b.String()) {
		if strings.Contains(line, "<TIER") || strings.Contains(line, "<ANNOTATION_VALUE") {
			fmt.Println(strings.TrimSpace(line))
		}
	}
	fmt.Println(report.Labels, "labels;", report.Remarks[0].Kind, report.Remarks[0].Count)
	// Output:
	// <TIER TIER_ID="default" LINGUISTIC_TYPE_REF="default-lt">
	// <ANNOTATION_VALUE>speech</ANNOTATION_VALUE>
	// <TIER TIER_ID="default (2)" LINGUISTIC_TYPE_REF="default-lt">
	// <ANNOTATION_VALUE>laughter</ANNOTATION_VALUE>
	// 2 labels; confidence lost 1
}

// Subtitles with a voice, from the extra data of a label.
func ExampleWrite_webVTT() {
	labels := []annoset.Annotation{
		{AudioFileID: "ep1", ArtifactType: "Fish & chips?", StartMS: 500, EndMS: 2750, ExtraData: []byte(`{"voice":"Ada"}`)},
		{AudioFileID: "ep1", ArtifactType: "two\nlines", StartMS: 3_600_000, EndMS: 3_601_500},
	}
	seq := func(yield func(annoset.Annotation, error) bool) {
		for _, a := range labels {
			if !yield(a, nil) {
				return
			}
		}
	}
	report, err := labelfile.Write(os.Stdout, labelfile.WebVTT, seq, nil)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(report.Labels, len(report.Remarks))
	// Output:
	// WEBVTT
	//
	// 00:00:00.500 --> 00:00:02.750
	// <v Ada>Fish &amp; chips?
	//
	// 01:00:00.000 --> 01:00:01.500
	// two
	// lines
	// 2 0
}

// Labels as predictions that Label Studio imports.
func ExampleWrite_labelStudio() {
	labels := func(yield func(annoset.Annotation, error) bool) {
		yield(annoset.Annotation{AudioFileID: "ep1.wav", ArtifactType: "glitch", StartMS: 1200, EndMS: 1450}, nil)
	}
	report, err := labelfile.Write(os.Stdout, labelfile.LabelStudio, labels, nil)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(report.Labels, "label,", len(report.Remarks), "remarks")
	// Output:
	// [
	// {"data":{"audio":"ep1.wav"},"predictions":[{"model_version":"annoset","result":[
	// {"id":"annoset-1","type":"labels","from_name":"label","to_name":"audio","value":{"start":1.2,"end":1.45,"labels":["glitch"]}}
	// ]}]}
	// ]
	// 1 label, 0 remarks
}

// newStore opens a store in memory with an empty draft in it.
func newStore(ctx context.Context) (*annoset.Store, annoset.AnnotationSet) {
	store, err := annoset.OpenMemory(ctx, nil)
	if err != nil {
		log.Fatal(err)
	}
	dataset, err := store.CreateDataset(ctx, annoset.NewDataset{Name: "shows"})
	if err != nil {
		log.Fatal(err)
	}
	draft, err := store.CreateSet(ctx, dataset.ID, annoset.NewSet{})
	if err != nil {
		log.Fatal(err)
	}
	return store, draft
}
