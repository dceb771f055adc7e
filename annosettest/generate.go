package annosettest

import (
	"fmt"
	"iter"
	"math/bits"
	"math/rand/v2"
	"strconv"

	"github.com/annoset/annoset"
)

// Shape configures Generate. The zero value means 200 labels: 20 on each of 10 audio files, of two types.
type Shape struct {
	AudioFiles    int // 0: 10
	LabelsPerFile int // 0: 20
	// ArtifactTypes are what the labels say, chosen at random. Empty: "glitch" and "long_pause".
	ArtifactTypes []string
	// Confidence gives each label a confidence, a multiple of 0.001 in [0, 1].
	Confidence bool
}

// apartMS is how far apart labels of one type in one file are: too far for any of them to be taken for another.
const apartMS = 1000

// Lengths of labels, and from the start of one label to that of the next if its type does not ask for more.
const (
	minLengthMS, maxLengthMS = 100, 2500
	minStepMS, maxStepMS     = 0, 6000
)

// Generate yields labels that are the same for the same seed and shape, on every machine and in each loop: audio files
// in order of id ("audio-01.wav"), the labels of each in order of start, 0.1 to 2.5 seconds long. Labels of one type in
// one audio file are at least a second apart; those of different types may overlap. It makes each label when it is
// asked for, so any number takes the same memory.
//
// The error is that of a shape which cannot be, and comes as the only pair: a number below 0, or more labels than an
// audio file of [annoset.MaxTimeMS] has room for.
func Generate(seed uint64, shape Shape) iter.Seq2[annoset.Annotation, error] {
	if shape.AudioFiles == 0 {
		shape.AudioFiles = 10
	}
	if shape.LabelsPerFile == 0 {
		shape.LabelsPerFile = 20
	}
	if len(shape.ArtifactTypes) == 0 {
		shape.ArtifactTypes = []string{"glitch", "long_pause"}
	}
	return func(yield func(annoset.Annotation, error) bool) {
		if err := shape.check(); err != nil {
			yield(annoset.Annotation{}, err)
			return
		}
		r := newRandom(seed)
		digits := len(strconv.Itoa(shape.AudioFiles))
		for n := range shape.AudioFiles {
			if !shape.file(r, fmt.Sprintf("audio-%0*d.wav", digits, n+1), yield) {
				return
			}
		}
	}
}

func (s *Shape) check() error {
	const mostMS = maxLengthMS + apartMS + maxStepMS // that one more label takes
	switch {
	case s.AudioFiles < 0:
		return fmt.Errorf("annosettest.Generate: AudioFiles is %d", s.AudioFiles)
	case s.LabelsPerFile < 0:
		return fmt.Errorf("annosettest.Generate: LabelsPerFile is %d", s.LabelsPerFile)
	case int64(s.LabelsPerFile) > annoset.MaxTimeMS/mostMS:
		return fmt.Errorf("annosettest.Generate: LabelsPerFile is %d, more than %d", s.LabelsPerFile,
			int64(annoset.MaxTimeMS/mostMS))
	}
	return nil
}

// file yields the labels of one audio file, and reports whether more are wanted.
func (s *Shape) file(r *random, id string, yield func(annoset.Annotation, error) bool) bool {
	start := int64(0)
	free := make(map[string]int64, len(s.ArtifactTypes)) // from when on there may be another label of the type
	for range s.LabelsPerFile {
		name := s.ArtifactTypes[r.below(len(s.ArtifactTypes))]
		start = max(start+r.between(minStepMS, maxStepMS), free[name])
		end := start + r.between(minLengthMS, maxLengthMS)
		free[name] = end + apartMS
		a := annoset.Annotation{AudioFileID: id, ArtifactType: name, StartMS: start, EndMS: end}
		if s.Confidence {
			c := float64(r.below(1001)) / 1000 // one division is rounded alike everywhere
			a.Confidence = &c
		}
		if !yield(a, nil) {
			return false
		}
	}
	return true
}

// random draws whole numbers. It uses the numbers of the generator itself, which are defined by its algorithm, and no
// method of rand.Rand, which may draw in another way one day.
type random struct{ source *rand.PCG }

func newRandom(seed uint64) *random { return &random{rand.NewPCG(seed, 0x616e6e6f736574)} }

// below returns a number of [0, n).
func (r *random) below(n int) int {
	high, _ := bits.Mul64(r.source.Uint64(), uint64(n))
	return int(high)
}

// between returns a number of [low, high].
func (r *random) between(low, high int64) int64 { return low + int64(r.below(int(high-low+1))) }
