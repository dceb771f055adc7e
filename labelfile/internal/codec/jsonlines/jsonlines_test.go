package jsonlines

import (
	"testing"

	"github.com/annoset/annoset/labelfile/internal/codec/codectest"
)

func FuzzRead_JSONLines(f *testing.F) {
	codectest.Codec{Read: Read, Write: Write}.Fuzz(f, `{"audio_file_id":"a","artifact_type":"b\u00e9","start_ms":1,"end_ms":2.5,`+
		`"confidence":0.5,"x":[1,{"y":null}],"extra_data":{"z":1}}`+"\n"+`{"audio_file_id":"c","clean":true}`)
}

func FuzzRead_Lhotse(f *testing.F) {
	lhotse := codectest.Codec{Read: ReadLhotse, Write: WriteLhotse, Implied: []string{"id", "channel"}}
	lhotse.Fuzz(f, `[{"id":"s","recording_id":"r","start":0.1,"duration":0.3,"text":"t",`+
		`"custom":{"confidence":0.5,"x":1},"channel":0}]`, `{"recording_id":"r","start":1,"duration":2,"text":"t","custom":[]}`)
}
