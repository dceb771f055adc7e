// Package label has the one label that everything below the root speaks of.
package label

// Label is one annotation. Which fields are filled depends on who made it: a canonical line has no id and no file.
type Label struct {
	ID             int64
	File, Type     string
	StartMS, EndMS int64
	Confidence     float64 // 0 where HasConfidence is false
	HasConfidence  bool
	ExtraData      string // a JSON object; empty: none
}
