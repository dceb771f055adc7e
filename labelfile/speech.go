package labelfile

import (
	"github.com/annoset/annoset/labelfile/internal/codec"
	"github.com/annoset/annoset/labelfile/internal/codec/ctm"
	"github.com/annoset/annoset/labelfile/internal/codec/rttm"
	"github.com/annoset/annoset/labelfile/internal/codec/srt"
	"github.com/annoset/annoset/labelfile/internal/codec/uem"
	"github.com/annoset/annoset/labelfile/internal/codec/webvtt"
)

// Formats of speech: who speaks when, and what is said. Memory does not grow with the length of the file. Lines end in
// LF, CRLF or CR. Text is UTF-8 with or without a byte order mark, UTF-16 with one, or in the encoding that
// [ReadOptions.Encoding] names; without a name, the first line in any other encoding is an error, because old
// encodings cannot be told apart. These formats cannot hold clean audio files.
//
// RTTM, UEM and CTM are lines of fields separated by blanks, and each line names its audio file. Comments, which
// begin with ";;", are left out, with a remark. No field can hold a blank: blanks in audio file ids and artifact
// types become underscores, and "<NA>", the formats' word for nothing, gets one appended; both are remarked. Labels
// are written in the order they come.
const (
	// RTTM is Rich Transcription Time Marked of NIST, with nine or ten fields: type, file, channel, start, duration,
	// orthography, subtype, name, confidence and signal lookahead time (appendix A of "The 2009 (RT-09) Rich Transcription
	// Meeting Recognition Evaluation Plan"). It reads all types of records: SPEAKER, SEGMENT, NOSCORE, NO_RT_METADATA,
	// LEXEME, NON-LEX, NON-SPEECH, FILLER, EDIT, SU, IP, CB and A/P; SPKR-INFO is no label and is remarked.
	//
	// The artifact type of a SPEAKER is the name, of a LEXEME the word, of others the subtype ("statement",
	// "filled_pause") or, without one, the type ("NOSCORE"). A template such as "{type}/{text}" keeps them apart. IP and
	// CB are points. Fields: "type", by default SPEAKER; "channel", by default 1; "ortho", and "subtype", by default
	// lex, where they are not the text; "speaker", the name in records other than SPEAKER; "estimated", which says which
	// of "start" and "duration" had an asterisk; "slat". Default values are for templates only.
	//
	// Values are checked as NIST's rttmValidator does, record by record: numbers, confidences from 0 to 1, the subtypes
	// of a type, and that orthography, start or duration are absent where a type has none. Two things are more lenient:
	// a channel may be any number, and a SPEAKER may have an orthography and a subtype, with a remark. Relations between
	// records are not checked: speakers without SPKR-INFO, words without SU, IP without EDIT, overlaps.
	//
	// It writes ten fields, with at least three decimals. A label is a SPEAKER unless its extra data has another "type"
	// that can hold its artifact type; the fields above are put back. Other extra data is lost, with a remark.
	RTTM Format = "rttm"

	// UEM is the un-partitioned evaluation map of NIST: file, channel, start and end of the spans that an evaluation looks
	// at, which is what was examined. Each is a label of the type [UEMExamined]. Field: "channel", by default 1, which is
	// for templates only.
	//
	// It does not say which audio files are clean, because the labels of what was examined are in another file. An audio
	// file that a UEM names as a whole, and that the RTTM beside it does not have, is clean; the caller must mark it.
	//
	// It writes the spans of all labels. Artifact types other than "examined", confidence and other extra data are lost,
	// with a remark.
	UEM Format = "uem"

	// CTM is the time marked conversation file of NIST: audio file, channel, start, duration and word, and optionally
	// confidence, type and speaker ("sclite" and "asclite" of SCTK). The artifact type is the word. Fields: "channel",
	// by default 1; "subtype", one of lex, frag, fp, un-lex, for-lex, non-lex, misc and noscore; "speaker"; "conf",
	// where that is a number outside [0, 1], infinite or not a number. All words between <ALT_BEGIN> and <ALT_END> are
	// labels, with the fields "alternation", which counts these groups from 1, and "alternative", which counts the <ALT>
	// within one from 1; an empty last alternative is remarked.
	//
	// Values are checked as NIST's ctmValidator does: numbers, types, no blank at the beginning of a line. Two things are
	// more lenient: file and speaker may have any name, and words any characters.
	//
	// It writes at least two decimals, and all of these fields, with "<NA>" for what is missing before what is not.
	// Words of an alternation are grouped if they come one after the other, and numbered anew where numbers are missing,
	// with a remark. Other extra data is lost, with a remark.
	CTM Format = "ctm"

	// WebVTT is "WebVTT: The Web Video Text Tracks Format" of the W3C, for one audio file. The artifact type is the text
	// of a cue, without tags and with entities decoded; it may have several lines. Fields: "cue_id"; "voice", the speaker
	// named by the voice tag, the first of several; "settings", which follow the times; "markup", the text as written,
	// where it has tags other than one voice around all of it. Comments, styles, regions and whatever a player skips are
	// left out, with a remark. Times that break the specification and are clear all the same, such as those with "->", a
	// dash, "--&gt;" or digits of another script, are read with a remark, and so is UTF-16; a line meant as times that is
	// not clear is an error, never a text. The header X-TIMESTAMP-MAP of HTTP Live Streaming (RFC 8216) moves times to
	// those of the stream, with a remark: audio that was cut out of a stream may begin later than its time 0.
	//
	// It writes hours, three decimals, and the fields above; the markup only if it still says the same text and voice.
	// Blank lines within a text, which would end the cue, are written as entities. Lost, with a remark: confidence,
	// other extra data, and further digits of times.
	WebVTT Format = "webvtt"

	// SRT is SubRip, for one audio file. No specification describes it: it is read as players do, and otherwise as
	// [WebVTT], with the same rule for times. Numbers and decimals may be missing, times may have a decimal point, and
	// texts may have blank lines. Tags and entities that players do not know are text. Overrides such as {\an8} are
	// markup. Fields are those of WebVTT; "cue_id" is a number that does not count up from 1. A missing number is
	// remarked.
	//
	// It writes numbers, hours, three decimals, and the same fields, with voices as WebVTT tags. Texts are escaped only
	// where they would be read as something else. Lost, with a remark: the same as in WebVTT.
	SRT Format = "srt"
)

// UEMExamined is the artifact type of the spans of a [UEM].
const UEMExamined = "examined"

var speechFormats = []formatSpec{
	speechFormat(RTTM, rttm.Read, rttm.Write, likeFields(rttm.LooksLike, certain), ".rttm"),
	speechFormat(UEM, uem.Read, uem.Write, likeFields(uem.LooksLike, likely), ".uem"),
	speechFormat(CTM, ctm.Read, ctm.Write, likeFields(ctm.LooksLike, likely), ".ctm"),
	speechFormat(WebVTT, webvtt.Read, webvtt.Write, likeWebVTT, ".vtt", ".webvtt"),
	speechFormat(SRT, srt.Read, srt.Write, likeSRT, ".srt"),
}

func speechFormat(f Format, read func(*codec.Source) error, write func(*codec.Target) error,
	looksLike func([]byte) likeness, endings ...string,
) formatSpec {
	return formatSpec{
		format: f, single: f == WebVTT || f == SRT, endings: endings, looksLike: looksLike,
		read:  func(src *codec.Source, _ *ReadOptions) error { return read(src) },
		write: func(dst *codec.Target, _ *WriteOptions) error { return write(dst) },
	}
}
