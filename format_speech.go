package annoset

import (
	"bytes"
	"strings"

	"github.com/annoset/annoset/internal/codec"
	"github.com/annoset/annoset/internal/codec/ctm"
	"github.com/annoset/annoset/internal/codec/fields"
	"github.com/annoset/annoset/internal/codec/rttm"
	"github.com/annoset/annoset/internal/codec/srt"
	"github.com/annoset/annoset/internal/codec/uem"
	"github.com/annoset/annoset/internal/codec/webvtt"
)

// Formats of speech: who speaks when, and what is said. Their memory is flat whatever the length of the file. Lines end in
// LF, CRLF or CR, text is UTF-8 with or without a byte order mark, or UTF-16 with one; anything else is refused at the first
// line that is not, as nobody can tell one old encoding from another. They cannot say that an audio file is clean.
//
// RTTM, UEM and CTM are lines of fields with blanks between, and name the audio file in each. Comments, which begin with ";;",
// are left out, with a remark. No field can hold a blank: those in audio file ids and artifact types become underscores, and
// "<NA>", which says that there is nothing, gets one behind it; both are remarked. Labels are written in the order they come.
const (
	// FormatRTTM is Rich Transcription Time Marked of NIST, of nine or ten fields: type, file, channel, start, duration,
	// orthography, subtype, name, confidence and signal lookahead time (appendix A of "The 2009 (RT-09) Rich Transcription
	// Meeting Recognition Evaluation Plan"). All types of records are read: SPEAKER, SEGMENT, NOSCORE, NO_RT_METADATA,
	// LEXEME, NON-LEX, NON-SPEECH, FILLER, EDIT, SU, IP, CB and A/P; SPKR-INFO is no label and remarked.
	//
	// The artifact type of a SPEAKER is the name, of a LEXEME the word, of others the subtype ("statement", "filled_pause")
	// or, where they have none, the type ("NOSCORE"). A template such as "{type}/{text}" keeps them apart. IP and CB are
	// points. Fields: "type", but for SPEAKER; "channel", but for 1; "ortho" and "subtype" where they are not the text, but
	// for "lex"; "speaker", the name in other records than SPEAKER; "estimated", which tells which of "start" and "duration"
	// had an asterisk; "slat"; each where there is one. What is left out for going without saying is for templates.
	//
	// Values are checked as NIST's rttmValidator does, record by record: numbers, confidences from 0 to 1, the subtypes of a
	// type, no orthography, start or duration where a type has none. Unlike there a channel may be any number, and a SPEAKER
	// may have an orthography and a subtype, with a remark. How records lie to each other is nobody's business here: speakers
	// without SPKR-INFO, words without SU, IP without EDIT, overlaps.
	//
	// Written are ten fields, with three decimals at least. A label is a SPEAKER unless its extra data has another "type"
	// that can say its artifact type; the fields above are put back. Lost, and remarked, is other extra data.
	FormatRTTM Format = "rttm"

	// FormatUEM is the un-partitioned evaluation map of NIST: file, channel, start and end of the spans that an evaluation
	// looks at, that is, of what was examined. Each is a label that says "examined". Field: "channel", but for 1, which is
	// for templates alone.
	//
	// It does not tell which audio files are clean: what was examined may bear labels, which another file has. One that a
	// UEM names, as a whole, and that the RTTM beside it does not, is clean, and is for the caller to mark.
	//
	// Written are the spans of all labels; artifact types other than "examined", confidence and other extra data are lost,
	// and remarked.
	FormatUEM Format = "uem"

	// FormatCTM is the time marked conversation file of NIST: audio file, channel, start, duration and word, and perhaps
	// confidence, type and speaker ("sclite" and "asclite" of SCTK). The artifact type is the word. Fields: "channel", but
	// for 1; "subtype", one of lex, frag, fp, un-lex, for-lex, non-lex, misc and noscore; "speaker"; "conf" where that is a
	// number out of [0, 1], infinite or none. Words between <ALT_BEGIN> and <ALT_END> are all labels, with "alternation",
	// which counts these from 1, and "alternative", which counts the <ALT> within, from 1; an empty last one is remarked.
	//
	// Values are checked as NIST's ctmValidator does: numbers, types, no blank at the beginning of a line. Unlike there file
	// and speaker may have any name, and words any characters.
	//
	// Written are two decimals at least, and all of these fields; "<NA>" stands for what is missing before what is not. Words
	// of an alternation are put together if they come together, and counted anew where numbers are missing, with a remark.
	// Lost, and remarked, is other extra data.
	FormatCTM Format = "ctm"

	// FormatWebVTT is "WebVTT: The Web Video Text Tracks Format" of the W3C, for one audio file. The artifact type is the text
	// of a cue, without tags and with entities read; it may have several lines. Fields: "cue_id"; "voice", who says it, which
	// is the name in the voice tag, of several the first; "settings", what follows the times; "markup", the text as it is
	// written where it has tags other than one voice around all of it. Comments, styles, regions and what a player skips are
	// left out, with a remark. Times that are clear and yet not as the specification has them, and UTF-16, are remarked.
	//
	// Written are hours, three decimals, and the fields above; the markup as long as it says the same text and voice. A
	// line of a text that is empty, as a blank one ends the cue, is written with entities. Lost, and remarked: confidence,
	// other extra data, and times with more digits, for which there is no room.
	FormatWebVTT Format = "webvtt"

	// FormatSRT is SubRip, for one audio file, which no specification describes: it is read as players do, and as
	// [FormatWebVTT] is. Numbers and decimals may be missing, times have a point, and texts blank lines. What looks like a
	// tag or an entity and is none that players know is text. Overrides such as {\an8} are markup. Fields are those of
	// FormatWebVTT; "cue_id" is a number that does not count on from 1. A missing number is remarked.
	//
	// Written are numbers, hours and three decimals, and the same fields, voices as the tags of WebVTT. Texts are escaped where
	// they would be read as something else, and nowhere else. Lost, and remarked, is the same.
	FormatSRT Format = "srt"
)

// UEMExamined is the artifact type of the spans of [FormatUEM].
const UEMExamined = "examined"

var speechFormats = []formatSpec{
	speechFormat(FormatRTTM, rttm.Read, rttm.Write, likeFields(rttm.LooksLike, certain), ".rttm"),
	speechFormat(FormatUEM, uem.Read, uem.Write, likeFields(uem.LooksLike, likely), ".uem"),
	speechFormat(FormatCTM, ctm.Read, ctm.Write, likeFields(ctm.LooksLike, likely), ".ctm"),
	speechFormat(FormatWebVTT, webvtt.Read, webvtt.Write, likeWebVTT, ".vtt", ".webvtt"),
	speechFormat(FormatSRT, srt.Read, srt.Write, likeSRT, ".srt"),
}

func speechFormat(f Format, read func(*codec.Source) error, write func(*codec.Target) error,
	looksLike func([]byte) likeness, endings ...string) formatSpec {
	return formatSpec{
		format: f, single: f == FormatWebVTT || f == FormatSRT, endings: endings, looksLike: looksLike,
		read:  func(src *codec.Source, _ *ReadOptions) error { return read(src) },
		write: func(dst *codec.Target, _ *WriteOptions) error { return write(dst) },
	}
}

// likeFields looks at the first record, which may come after comments.
func likeFields(is func(first []string) bool, sure likeness) func([]byte) likeness {
	return func(head []byte) likeness {
		first, ok := fields.First(head)
		if !ok || !is(first) {
			return unlike
		}
		return sure
	}
}

func likeWebVTT(head []byte) likeness {
	line, _, _ := bytes.Cut(codec.Head(head), []byte("\n"))
	line, _, _ = bytes.Cut(line, []byte("\r"))
	if webvtt.LooksLike(string(line)) {
		return certain
	}
	return unlike
}

func likeSRT(head []byte) likeness {
	isEnd := func(r rune) bool { return r == '\n' || r == '\r' }
	lines := strings.FieldsFunc(string(codec.Head(head[:min(len(head), 1<<10)])), isEnd)
	if len(lines) > 0 && srt.LooksLike(lines[0], strings.Join(lines[1:min(len(lines), 2)], "")) {
		return certain
	}
	return unlike
}
