package labelfile_test

import (
	"bytes"
	"errors"
	"slices"
	"testing"

	"github.com/annoset/annoset"
	"github.com/annoset/annoset/labelfile"
	"github.com/annoset/annoset/labelfile/internal/codec/codectest"
)

func FuzzRead_CSV(f *testing.F) {
	fuzzReader(f, labelfile.CSV, "filename,start,end,label,score,x\na,1,2.5,\"h\"\"um\n\",0.5,y\nb,,,,,\n",
		"start;end;label\r\n1,5;0:01:02,5;hum\r\n", "\xff\xfes\x00t\x00", ",start_ms,duration,label,extra_data\r0,1,2,a,{}\r")
}

func FuzzRead_TSV(f *testing.F) {
	fuzzReader(f, labelfile.TSV, "start\tend\tlabel\n1\t2\t\"a\tb\"\n")
}

func FuzzRead_DCASE(f *testing.F) {
	fuzzReader(f, labelfile.DCASE, "filename\tonset\toffset\tevent_label\na\t0.000\t1.5\tx\nb\t\t\t\n",
		",event_label,onset,offset,filename\n0,x,0.0,9.984,a\n")
}

func FuzzRead_BirdNET(f *testing.F) {
	fuzzReader(f, labelfile.BirdNET, "Start (s),End (s),Scientific name,Common name,Confidence,File\n3,6,A b,C,0.9,x.wav\n")
}

func FuzzRead_BirdNETTable(f *testing.F) {
	fuzzReader(f, labelfile.BirdNETTable, "filepath,start,end,scientific_name,common_name,confidence,lat,week\n"+
		"x.wav,0.0,3.0,A b,C,0.9,46.1,-1\n")
}

func FuzzRead_GenericSeq(f *testing.F) {
	fuzzReader(f, labelfile.GenericSeq, "label,onset_s,offset_s,onset_sample,offset_sample,notated_path,annot_path,"+
		"sequence,annotation\na,0.1,0.2,1,2,x,y,0,0\n")
}

func FuzzRead_SimpleSeq(f *testing.F) {
	fuzzReader(f, labelfile.SimpleSeq, "onset_s,offset_s,label\n0.1,0.2,a\n")
}

func FuzzRead_Audacity(f *testing.F) {
	fuzzReader(f, labelfile.Audacity, "1,5\t2.000000\ta\t0.5\tx\n\\\t-1.000000\t800\n3\tb\n4\n")
}

func FuzzRead_Raven(f *testing.F) {
	fuzzReader(f, labelfile.Raven, "Selection\tView\tChannel\tBegin Time (s)\tEnd Time (s)\tLow Freq (Hz)\tBegin File\t"+
		"File Offset (s)\tSpecies\t\n1\tWaveform 1\t1\t9.5\t10\t0\tx.wav\t1.5\ta\n1\tSpectrogram 1\t1\t9.5\t10\t0\tx.wav\t1.5\ta\n")
}

func FuzzRead_JSONLines(f *testing.F) {
	fuzzReader(f, labelfile.JSONLines, `{"audio_file_id":"a","artifact_type":"b\u00e9","start_ms":1,"end_ms":2.5,`+
		`"confidence":0.5,"x":[1,{"y":null}],"extra_data":{"z":1}}`+"\n"+`{"audio_file_id":"c","clean":true}`)
}

func FuzzRead_Lhotse(f *testing.F) {
	fuzzReader(f, labelfile.Lhotse, `[{"id":"s","recording_id":"r","start":0.1,"duration":0.3,"text":"t",`+
		`"custom":{"confidence":0.5,"x":1},"channel":0}]`, `{"recording_id":"r","start":1,"duration":2,"text":"t","custom":[]}`)
}

// sameAgain writes labels that were read, and reads them back equal where nothing was said to be lost.
func sameAgain(t testing.TB, format labelfile.Format, r reading) {
	var b bytes.Buffer
	report, err := labelfile.Write(&b, format, pairs(r.labels...), &labelfile.WriteOptions{Clean: r.clean})
	if err != nil {
		if _, ok := errors.AsType[*annoset.ValidationError](err); ok {
			return // extra data that no store takes
		}
		t.Fatal(err)
	}
	if len(report.Remarks) > 0 {
		return
	}
	back := readFormat(format, b.Bytes(), labelfile.ReadOptions{Name: "fuzz"})
	if back.err != nil {
		t.Fatalf("%v in\n%s", back.err, b.Bytes())
	}
	sameLabels(t, withoutImplied(t, format, back.labels), withoutImplied(t, format, r.labels))
	if !slices.Equal(back.clean, r.clean) {
		t.Fatalf("clean are %q instead of %q", back.clean, r.clean)
	}
}

// tableImplies are the keys of extra data for which a format has default values, which it does not keep.
var tableImplies = map[labelfile.Format][]string{
	labelfile.Raven:      {"selection", "view", "channel"},
	labelfile.GenericSeq: {"annot_path", "sequence", "annotation"},
	labelfile.Lhotse:     {"id", "channel"},
}

// withoutImplied leaves these keys out.
func withoutImplied(t testing.TB, f labelfile.Format, labels []annoset.Annotation) []annoset.Annotation {
	out := slices.Clone(labels)
	for i := range out {
		out[i].ExtraData = codectest.Without(t, out[i].ExtraData, tableImplies[f]...)
	}
	return out
}
