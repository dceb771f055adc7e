package survey

import (
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"io"

	"github.com/annoset/annoset/internal/canonical"
	"github.com/annoset/annoset/internal/filename"
	"github.com/annoset/annoset/internal/reader"
	"github.com/annoset/annoset/sqlite"
)

// fileDigest is the SHA-256 of an audio file's labels as canonical JSON Lines.
type fileDigest struct {
	hash  hash.Hash
	lines *canonical.Writer
}

// newFileDigest returns the digest of no labels. The lines are also written to w, if it is not nil.
func newFileDigest(w io.Writer) *fileDigest {
	h := sha256.New()
	if w == nil {
		return &fileDigest{hash: h, lines: canonical.NewWriter(h)}
	}
	return &fileDigest{hash: h, lines: canonical.NewWriter(io.MultiWriter(h, w))}
}

// reset begins the digest of another audio file.
func (d *fileDigest) reset() { d.hash.Reset() }

func (d *fileDigest) write(r *sqlite.LabelRow, artifactType string) error {
	return d.lines.Write(reader.LabelOf("", artifactType, r))
}

func (d *fileDigest) sum() ([]byte, error) {
	if err := d.lines.Close(); err != nil {
		return nil, err
	}
	return d.hash.Sum(nil), nil
}

// exportEnding ends the name of a file with the labels of one audio file.
const exportEnding = ".jsonl"

// sumsLine returns the line of one audio file in SHA256SUMS, in the form of the program sha256sum.
func sumsLine(digest []byte, audioFileID string) []byte {
	name := filename.Escape(audioFileID)
	line := make([]byte, 0, 2*len(digest)+2+len(name)+len(exportEnding)+1)
	line = hex.AppendEncode(line, digest)
	line = append(line, "  "...)
	line = append(line, name...)
	return append(line, exportEnding+"\n"...)
}

// manifest computes the digest of a set: the SHA-256 of the lines of its audio files (see sumsLine), in order of name.
type manifest struct{ hash hash.Hash }

func newManifest() manifest { return manifest{sha256.New()} }

func (m manifest) add(digest []byte, audioFileID string) {
	m.hash.Write(sumsLine(digest, audioFileID))
}

func (m manifest) String() string { return "sha256:" + hex.EncodeToString(m.hash.Sum(nil)) }
