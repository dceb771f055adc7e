package table

import (
	"testing"

	"github.com/annoset/annoset/labelfile/internal/codec"
	"github.com/annoset/annoset/labelfile/internal/codec/codectest"
)

// of is the codec of a layout.
func of(l *Layout) codectest.Codec {
	var implied []string
	for _, c := range l.Columns {
		if c.Implied != Nothing {
			implied = append(implied, Name(c.Name))
		}
	}
	return codectest.Codec{
		Read:  func(src *codec.Source) error { return Read(src, l, &Options{}) },
		Write: func(dst *codec.Target) error { return Write(dst, l, &Options{}) }, Implied: implied,
	}
}

func FuzzRead_Plain(f *testing.F) {
	of(&Plain).Fuzz(f, "filename,start,end,label,score,x\na,1,2.5,\"h\"\"um\n\",0.5,y\nb,,,,,\n",
		"start;end;label\r\n1,5;0:01:02,5;hum\r\n", "\xff\xfes\x00t\x00", ",start_ms,duration,label,extra_data\r0,1,2,a,{}\r")
}

func FuzzRead_PlainTab(f *testing.F) {
	of(&PlainTab).Fuzz(f, "start\tend\tlabel\n1\t2\t\"a\tb\"\n")
}

func FuzzRead_DCASE(f *testing.F) {
	of(&DCASE).Fuzz(f, "filename\tonset\toffset\tevent_label\na\t0.000\t1.5\tx\nb\t\t\t\n",
		",event_label,onset,offset,filename\n0,x,0.0,9.984,a\n")
}

func FuzzRead_BirdNET(f *testing.F) {
	of(&BirdNET).Fuzz(f, "Start (s),End (s),Scientific name,Common name,Confidence,File\n3,6,A b,C,0.9,x.wav\n")
}

func FuzzRead_BirdNETTable(f *testing.F) {
	of(&BirdNETTable).Fuzz(f, "filepath,start,end,scientific_name,common_name,confidence,lat,week\nx.wav,0.0,3.0,A b,C,0.9,46.1,-1\n")
}

func FuzzRead_GenericSeq(f *testing.F) {
	of(&GenericSeq).Fuzz(f, "label,onset_s,offset_s,onset_sample,offset_sample,"+
		"notated_path,annot_path,sequence,annotation\na,0.1,0.2,1,2,x,y,0,0\n")
}

func FuzzRead_SimpleSeq(f *testing.F) {
	of(&SimpleSeq).Fuzz(f, "onset_s,offset_s,label\n0.1,0.2,a\n")
}

func FuzzRead_Raven(f *testing.F) {
	of(&Raven).Fuzz(f, "Selection\tView\tChannel\tBegin Time (s)\tEnd Time (s)\t"+
		"Low Freq (Hz)\tBegin File\tFile Offset (s)\tSpecies\t\n1\tWaveform 1\t1\t9.5\t10\t0\tx.wav\t1.5\ta\n1\tSpectrogram 1\t1\t9.5\t10\t0\tx.wav\t1.5\ta\n")
}
