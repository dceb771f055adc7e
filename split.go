package annoset

import (
	"crypto/sha256"
	"encoding/binary"
	"math"
	"strconv"
)

// Part is one of the parts that a [Split] makes.
type Part string

// The three parts.
const (
	Train      Part = "train"      // to learn from
	Validation Part = "validation" // to choose between models
	Test       Part = "test"       // to measure the one that was chosen
)

// Split divides audio files into training, validation and test parts. A file's part follows from its id, or its group,
// and from the seed and the fractions alone: it is the same in every version of a set, in every store, on every machine,
// whatever other files there are.
//
// The rule, for other programs: take the SHA-256 of the seed in decimal, a zero byte and the key (the group, or the audio
// file id where there is none), both in UTF-8. Its first eight bytes are a big-endian number; the highest 53 bits of
// that, divided by 2^53, are a position in [0, 1). Below Train it is the training part, below Train + Validation (added
// as 64-bit floats) the validation part, else the test part; but the last part whose fraction is not 0 takes all the
// rest. In Python:
//
//	digest = hashlib.sha256(f"{seed}\0{key}".encode()).digest()
//	position = (int.from_bytes(digest[:8], "big") >> 11) / 2**53
//
// The fractions are of the keys, in expectation: of n keys a part has its fraction give or take 1/sqrt(n), or less, in
// more than 95 of 100 cases. Larger groups make it less close. With a larger fraction a part keeps all it had if it is the
// training part, or if it grows at the expense of its neighbour alone.
type Split struct {
	Seed uint64
	// Train, Validation and Test are fractions in [0, 1] whose sum is 1, give or take 1e-9.
	Train, Validation, Test float64
	// Group, if not nil, names what keeps audio files together: the speaker, the session, the site. Files of one group are
	// in one part. It must return the same for a file whenever it is asked; where it returns nothing, the file is by
	// itself. It must not use a store in memory, whose one connection is taken while it is asked.
	Group func(audioFileID string) string
}

// PartOf returns the part that an audio file is in.
//
// Errors: a [*ValidationError] if the fractions are none.
func (s Split) PartOf(audioFileID string) (Part, error) {
	if err := s.check("split"); err != nil {
		return "", err
	}
	return s.partOf(audioFileID), nil
}

// check finds what is wrong with the fractions.
func (s *Split) check(op string) error {
	p := &problems{op: op}
	fraction := func(field string, f float64) {
		if !(f >= 0 && f <= 1) {
			p.Add(-1, field, "is %v, outside [0, 1]", f)
		}
	}
	fraction("train", s.Train)
	fraction("validation", s.Validation)
	fraction("test", s.Test)
	if sum := s.Train + s.Validation + s.Test; len(p.List) == 0 && math.Abs(sum-1) > 1e-9 {
		p.Add(-1, "train, validation and test", "add up to %v, not 1", sum)
	}
	return p.err()
}

func (s *Split) partOf(audioFileID string) Part {
	at := s.position(audioFileID)
	switch {
	case at < s.Train || s.Validation == 0 && s.Test == 0:
		return Train
	case at < s.Train+s.Validation || s.Test == 0:
		return Validation
	}
	return Test
}

// position is where an audio file lies in [0, 1).
func (s *Split) position(audioFileID string) float64 {
	key := audioFileID
	if s.Group != nil {
		if group := s.Group(audioFileID); group != "" {
			key = group
		}
	}
	const bits = 53 // that a float64 holds exactly
	sum := sha256.Sum256([]byte(strconv.FormatUint(s.Seed, 10) + "\x00" + key))
	return float64(binary.BigEndian.Uint64(sum[:])>>(64-bits)) / (1 << bits)
}
