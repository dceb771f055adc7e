package labelfile_test

import (
	"fmt"
	"log"
	"strings"

	"github.com/annoset/annoset"
	"github.com/annoset/annoset/labelfile"
)

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

// Labels for ELAN. Those that overlap go into a second tier, since no two of a tier may.
func ExampleWrite_eaf() {
	labels := []annoset.Annotation{
		{AudioFileID: "ep1.wav", ArtifactType: "speech", StartMS: 0, EndMS: 900},
		{AudioFileID: "ep1.wav", ArtifactType: "laughter", StartMS: 500, EndMS: 1200, Confidence: new(0.8)},
	}
	var b strings.Builder
	report, err := labelfile.Write(&b, labelfile.EAF, pairs(labels...), nil)
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
