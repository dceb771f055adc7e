package eaf_test

import (
	"testing"

	"github.com/annoset/annoset/labelfile/internal/codec/codectest"
	"github.com/annoset/annoset/labelfile/internal/codec/eaf"
)

func FuzzRead(f *testing.F) {
	const (
		begin = `<?xml version="1.0" encoding="UTF-8"?><ANNOTATION_DOCUMENT><HEADER MEDIA_FILE="" TIME_UNITS="milliseconds">`
		slots = `</HEADER><TIME_ORDER><TIME_SLOT TIME_SLOT_ID="ts1" TIME_VALUE="0"/><TIME_SLOT TIME_SLOT_ID="ts2"/>` +
			`<TIME_SLOT TIME_SLOT_ID="ts3" TIME_VALUE="9"/></TIME_ORDER>`
		words = `<TIER TIER_ID="w" LINGUISTIC_TYPE_REF="t" PARTICIPANT="p"><ANNOTATION><ALIGNABLE_ANNOTATION ANNOTATION_ID="a1" ` +
			`TIME_SLOT_REF1="ts1" TIME_SLOT_REF2="ts3"><ANNOTATION_VALUE>one</ANNOTATION_VALUE></ALIGNABLE_ANNOTATION></ANNOTATION></TIER>`
		halves = `<TIER TIER_ID="h" LINGUISTIC_TYPE_REF="d" PARENT_REF="w"><ANNOTATION><ALIGNABLE_ANNOTATION ANNOTATION_ID="a2" ` +
			`TIME_SLOT_REF1="ts1" TIME_SLOT_REF2="ts2"><ANNOTATION_VALUE>o</ANNOTATION_VALUE></ALIGNABLE_ANNOTATION></ANNOTATION>` +
			`<ANNOTATION><ALIGNABLE_ANNOTATION ANNOTATION_ID="a3" TIME_SLOT_REF1="ts2" TIME_SLOT_REF2="ts3"><ANNOTATION_VALUE>ne` +
			`</ANNOTATION_VALUE></ALIGNABLE_ANNOTATION></ANNOTATION></TIER>`
		parts = `<TIER TIER_ID="s" LINGUISTIC_TYPE_REF="s" PARENT_REF="w"><ANNOTATION><REF_ANNOTATION ANNOTATION_ID="a4" ANNOTATION_REF="a1">` +
			`<ANNOTATION_VALUE>x</ANNOTATION_VALUE></REF_ANNOTATION></ANNOTATION><ANNOTATION><REF_ANNOTATION ANNOTATION_ID="a5" ` +
			`ANNOTATION_REF="a1" PREVIOUS_ANNOTATION="a4" CVE_REF="c"><ANNOTATION_VALUE>y</ANNOTATION_VALUE></REF_ANNOTATION></ANNOTATION></TIER>`
		types = `<LINGUISTIC_TYPE LINGUISTIC_TYPE_ID="t"/><LINGUISTIC_TYPE LINGUISTIC_TYPE_ID="d" CONSTRAINTS="Time_Subdivision"/>` +
			`<LINGUISTIC_TYPE LINGUISTIC_TYPE_ID="s" CONSTRAINTS="Symbolic_Subdivision" CONTROLLED_VOCABULARY_REF="v"/></ANNOTATION_DOCUMENT>`
	)
	f.Add([]byte(begin + slots + words + halves + parts + types))
	f.Add([]byte(begin + `<PROPERTY NAME="annoset:further_tier_of:h">default</PROPERTY><PROPERTY NAME="annoset:audio_file_id">"a"</PROPERTY>` +
		`<MEDIA_DESCRIPTOR MEDIA_URL="file:///x/a.wav" MIME_TYPE="audio/x-wav"/>` + slots + halves + words + types))
	f.Add([]byte(begin + slots + words + "</ANNOTATION_DOCUMENT>"))
	f.Add([]byte(begin + `<MEDIA_DESCRIPTOR MEDIA_URL="file:///x/a.wav" MIME_TYPE="audio/x-wav" TIME_ORIGIN="-7"/>` + slots + words + types))
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) < 1<<16 {
			codectest.Codec{Read: eaf.Read, Write: eaf.Write}.Again(t, data)
		}
	})
}
