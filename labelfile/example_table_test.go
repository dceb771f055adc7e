package labelfile_test

import (
	"fmt"
	"log"
	"os"
	"strings"

	"github.com/annoset/annoset"
	"github.com/annoset/annoset/labelfile"
)

func ExampleRead_table() {
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

func ExampleWrite_table() {
	half := 0.5
	labels := func(yield func(annoset.Annotation, error) bool) {
		_ = yield(annoset.Annotation{AudioFileID: "ep1.wav", ArtifactType: "glitch", StartMS: 1200, EndMS: 1450}, nil) &&
			yield(annoset.Annotation{AudioFileID: "ep1.wav", ArtifactType: "hum", StartMS: 9000, EndMS: 12000, Confidence: &half}, nil)
	}
	report, err := labelfile.Write(os.Stdout, labelfile.DCASE, labels, nil)
	if err != nil {
		log.Fatal(err)
	}
	for _, r := range report.Remarks {
		fmt.Println(r.Kind, r.Count, r.First[0].Text)
	}
	// Output:
	// filename	onset	offset	event_label
	// ep1.wav	1.200	1.450	glitch
	// ep1.wav	9.000	12.000	hum
	// confidence lost 1 ep1.wav hum
}
