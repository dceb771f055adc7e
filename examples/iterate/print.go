package main

import (
	"fmt"

	"github.com/annoset/annoset"
	"github.com/annoset/annoset/evaluate"
)

func chapter(format string, args ...any) { fmt.Printf("\n"+format+"\n", args...) }

func say(format string, args ...any) { fmt.Printf("    "+format+"\n", args...) }

// describe is a label as a person would name it.
func describe(a *annoset.Annotation) string {
	if a == nil {
		return "nothing"
	}
	return fmt.Sprintf("%s in %s, %.2f s to %.2f s", a.ArtifactType, a.AudioFileID, float64(a.StartMS)/1000,
		float64(a.EndMS)/1000)
}

// both names two labels, or the one that there is.
func both(a, b *annoset.Annotation) string {
	switch {
	case a == nil:
		return describe(b)
	case b == nil:
		return describe(a)
	case a.StartMS == b.StartMS && a.EndMS == b.EndMS:
		return describe(a) + " is " + b.ArtifactType
	}
	return describe(a) + "; found: " + describe(b)
}

func percent(r evaluate.Ratio) string {
	if !r.Defined {
		return "-"
	}
	return fmt.Sprintf("%.0f %%", 100*r.Value)
}
