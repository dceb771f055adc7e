package annoset

import (
	"bytes"
	"errors"
	"io"
	"strings"

	"github.com/annoset/annoset/internal/codec"

	"github.com/annoset/annoset/internal/valid"
)

// DetectBytes is how much of the beginning of a file [DetectFormat] wants to see.
const DetectBytes = 1 << 14

// DetectFormat tells the format of a file by its beginning, up to [DetectBytes] of it, packed with gzip or not, and by
// its name, which may be empty. Where several formats are possible it is the one that the name speaks for, and then the
// one that the contents look most like.
//
// Errors: a [*ValidationError] if the contents look like no format; the name alone is never enough.
func DetectFormat(name string, head []byte) (Format, error) {
	head = unpackedHead(head)
	lower := strings.ToLower(unpackedName(name))
	var best *formatSpec
	bestScore := 0
	for i := range formats {
		spec := &formats[i]
		score := 2 * int(spec.looksLike(head))
		if score == 0 {
			continue
		}
		for _, ending := range spec.endings {
			if strings.HasSuffix(lower, strings.ToLower(ending)) {
				score += 3 // more than likely, less than certain
				break
			}
		}
		if score > bestScore {
			best, bestScore = spec, score
		}
	}
	if best == nil {
		p := &problems{op: "detect format"}
		p.Add(-1, "contents", "of %s look like none of %q: %s", valid.Brief(name), Formats(), valid.Brief(string(head)))
		return "", p.err()
	}
	return best.format, nil
}

// unpackedHead unpacks the beginning of a gzip stream as far as it is there.
func unpackedHead(head []byte) []byte {
	if !bytes.HasPrefix(head, gzipMagic) {
		return head
	}
	r, err := codec.Gunzip(bytes.NewReader(head))
	if err != nil {
		return head
	}
	out := make([]byte, DetectBytes)
	n, err := io.ReadFull(r, out)
	if err != nil && n == 0 && !errors.Is(err, io.EOF) {
		return head
	}
	return out[:n]
}
