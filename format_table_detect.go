package annoset

import (
	"bytes"
	"strings"

	"github.com/annoset/annoset/internal/codec"
	"github.com/annoset/annoset/internal/codec/audacity"
	"github.com/annoset/annoset/internal/codec/table"
)

// firstLine is the first line of the beginning of a file that is not blank, as far as it is there.
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

// likeTable looks at the header: a format of its own is certain by its own columns, and any table that could be read
// likely.
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
	case FormatTSV:
		return likely
	case FormatCSV:
		if separator != '\t' {
			return likely
		}
		return maybe
	case FormatBirdNET:
		if has("start_s", "end_s", "common_name", "confidence") {
			return certain
		}
	case FormatBirdNETTable:
		if has("common_name", "confidence", "min_conf", "species_list") {
			return certain
		}
	case FormatRaven:
		if has("selection", "begin_time_s", "end_time_s") {
			return certain
		}
	case FormatSimpleSeq:
		if len(names) == 3 {
			return certain
		}
	case FormatDCASE, FormatGenericSeq:
		return certain
	}
	return unlike
}

func likeAudacity(head []byte) likeness {
	if audacity.LooksLike(firstLine(head)) {
		return likely
	}
	return unlike
}

func likeJSONLines(head []byte) likeness {
	line := strings.TrimSpace(firstLine(head))
	switch {
	case !strings.HasPrefix(line, "{"):
		return unlike
	case strings.Contains(line, `"audio_file_id"`) || strings.HasPrefix(line, `{"artifact_type":`):
		return certain
	}
	return unlike
}

// likeLhotse looks for the keys that every supervision has, in the first object.
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
