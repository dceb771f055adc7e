package evaluate

import (
	"github.com/annoset/annoset"
	"github.com/annoset/annoset/internal/label"
	"github.com/annoset/annoset/internal/valid"
)

// problems gathers what is wrong with the input of one call.
type problems struct {
	valid.Problems
	op string
}

// err returns an *annoset.ValidationError, or nil if nothing is wrong.
func (p *problems) err() error {
	if len(p.List) == 0 {
		return nil
	}
	e := &annoset.ValidationError{Op: p.op, Problems: make([]annoset.Problem, len(p.List)), More: p.More}
	for i, bad := range p.List {
		e.Problems[i] = annoset.Problem{Index: bad.Index, Field: bad.Field, Reason: bad.Reason}
	}
	return e
}

// given checks an argument that must not be nil.
func (p *problems) given(field string, there bool) {
	if !there {
		p.Add(-1, field, "is nil")
	}
}

// audioFiles checks the audio files that options name. An empty list is refused: the files of an empty part, say, would
// otherwise be taken for all files, or for none, without a word.
func (p *problems) audioFiles(names []string) {
	if names != nil && len(names) == 0 {
		p.Add(-1, "audio_files", "is empty: nil means all that are examined, and AgainstPart evaluates a part")
	}
	for i, name := range names {
		p.Name(i, "audio_files", name)
	}
}

// annotation checks a label as a store does.
func (p *problems) annotation(index int, a *annoset.Annotation) {
	l := label.Label{
		File: a.AudioFileID, Type: a.ArtifactType, StartMS: a.StartMS, EndMS: a.EndMS, ExtraData: string(a.ExtraData),
	}
	if a.Confidence != nil {
		l.Confidence, l.HasConfidence = *a.Confidence, true
	}
	p.Label(index, &l)
}

// wrap adds what was done to an error of a stream, of a store, of the caller's function or of the context.
func wrap(op string, err error) error { return valid.Failed(op, err) }
