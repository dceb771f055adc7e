package labelfile

import (
	"bytes"
	"strings"

	"github.com/annoset/annoset/labelfile/internal/codec"
	"github.com/annoset/annoset/labelfile/internal/codec/audacity"
	"github.com/annoset/annoset/labelfile/internal/codec/charset"
	"github.com/annoset/annoset/labelfile/internal/codec/fields"
	"github.com/annoset/annoset/labelfile/internal/codec/srt"
	"github.com/annoset/annoset/labelfile/internal/codec/table"
	"github.com/annoset/annoset/labelfile/internal/codec/webvtt"
)

// likeness is how strongly the head of a file suggests a format.
type likeness int

const (
	unlike  likeness = iota
	maybe            // nothing speaks against it, which is enough if the name says so
	likely           // as the format's own programs write it
	certain          // no other format begins so
)

// firstLine returns the first line that is not blank. It may be cut where the head ends.
func firstLine(head []byte) string {
	head = codec.Head(head)
	for len(head) > 0 {
		line := head
		if i := bytes.IndexAny(head, "\r\n"); i >= 0 {
			line, head = head[:i], head[i+1:]
		} else {
			head = nil
		}
		if len(bytes.TrimSpace(line)) > 0 {
			return string(line)
		}
	}
	return ""
}

// likeTable looks at the header. Columns that only one format has make it certain; any other table that can be read
// is a likely CSV or TSV.
func likeTable(f Format, l *table.Layout, head []byte) likeness {
	line := firstLine(head)
	if _, ok := table.SaysSeparator(line); ok {
		_, rest, _ := strings.Cut(string(codec.Head(head)), line)
		line = firstLine([]byte(rest))
	}
	names, separator, ok := table.Header(l, line)
	if !ok {
		return unlike
	}
	has := func(all ...string) bool {
		for _, name := range all {
			if !names[name] {
				return false
			}
		}
		return true
	}
	switch f {
	case TSV:
		return likely
	case CSV:
		if separator != '\t' {
			return likely
		}
	case BirdNET:
		if has("start_s", "end_s", "common_name", "confidence") {
			return certain
		}
	case BirdNETTable:
		if has("common_name", "confidence", "min_conf", "species_list") {
			return certain
		}
	case Raven:
		if has("begin_time_s", "end_time_s") {
			if has("selection") {
				return certain
			}
			return maybe
		}
	case SimpleSeq:
		if len(names) == 3 && has("onset_s", "offset_s") {
			return certain
		}
	case DCASE, GenericSeq:
		return certain
	}
	return unlike
}

// likeAudacity looks at all lines of the head, because other programs have other numbers in the same places.
func likeAudacity(head []byte) likeness {
	is, sure := audacity.LooksLike(wholeLines(head))
	switch {
	case is && sure:
		return likely
	case is:
		return maybe
	}
	return unlike
}

// wholeLines returns the lines of the head, without one at the end that may have been cut.
func wholeLines(head []byte) []string {
	isEnd := func(r rune) bool { return r == '\n' || r == '\r' }
	text := string(codec.Head(head))
	lines := strings.FieldsFunc(text, isEnd)
	if n := len(lines); n > 1 && !isEnd(rune(text[len(text)-1])) {
		lines = lines[:n-1]
	}
	return lines
}

func likeJSONLines(head []byte) likeness {
	line := strings.TrimSpace(firstLine(head))
	switch {
	case !strings.HasPrefix(line, "{"):
		return unlike
	case likeJAMS([]byte(line)) == certain && !strings.HasPrefix(line, `{"audio_file_id"`):
		return unlike // the key is one within a document
	case strings.Contains(line, `"audio_file_id"`) || strings.HasPrefix(line, `{"artifact_type":`):
		return certain
	}
	return unlike
}

// likeLhotse looks in the first object for the keys that every supervision has.
func likeLhotse(head []byte) likeness {
	text := strings.TrimLeft(string(codec.Head(head)), "[ \t\r\n")
	if !strings.HasPrefix(text, "{") {
		return unlike
	}
	if i := strings.IndexByte(text, '}'); i >= 0 {
		text = text[:i]
	}
	for _, key := range []string{`"recording_id"`, `"start"`, `"duration"`} {
		if !strings.Contains(text, key) {
			return unlike
		}
	}
	return certain
}

// likeTextGrid also recognizes the kinds of TextGrid that cannot be read, so that reading can refuse them by name.
func likeTextGrid(head []byte) likeness {
	text := charset.Head(head[:min(len(head), 1<<10)])
	isGrid := strings.Contains(text, `"TextGrid"`)
	switch {
	case strings.HasPrefix(text, `File type = "ooTextFile`) && isGrid:
		return certain
	case strings.HasPrefix(text, "ooBinaryFile") && strings.Contains(text, "TextGrid"),
		strings.HasPrefix(text, `"Praat chronological TextGrid text file"`),
		strings.Contains(text, `"ooTextFile`) && isGrid:
		return likely
	}
	return unlike
}

func likeEAF(head []byte) likeness {
	text := strings.TrimLeft(charset.Head(head), " \t\r\n\ufeff")
	if strings.HasPrefix(text, "<") && strings.Contains(text, "<ANNOTATION_DOCUMENT") {
		return certain
	}
	return unlike
}

// likeFields looks at the first records, which may follow comments.
func likeFields(is func(first [][]string) bool, sure likeness) func([]byte) likeness {
	return func(head []byte) likeness {
		first := fields.First(wholeLines(head))
		if len(first) == 0 || !is(first) {
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

func likeLabelStudio(head []byte) likeness {
	text := bytes.TrimLeft(codec.Head(head), " \t\r\n\ufeff")
	switch {
	case !bytes.HasPrefix(text, []byte("[")) || !bytes.Contains(text, []byte(`"data"`)):
		return unlike
	case containsAny(text, `"annotations"`, `"predictions"`):
		return certain
	}
	return maybe
}

func likeJAMS(head []byte) likeness {
	text := bytes.TrimLeft(codec.Head(head), " \t\r\n\ufeff")
	switch {
	case !bytes.HasPrefix(text, []byte("{")) || !containsAny(text, `"annotations"`, `"file_metadata"`):
		return unlike
	case containsAny(text, `"namespace"`, `"jams_version"`, `"file_metadata"`, `"annotation_metadata"`):
		return certain
	case containsAny(text, `"data"`):
		return likely
	}
	return unlike // annotations of something else
}

func containsAny(text []byte, words ...string) bool {
	for _, word := range words {
		if bytes.Contains(text, []byte(word)) {
			return true
		}
	}
	return false
}
