package rttm

import (
	"regexp"
	"strings"
)

// kind is what the specification says about a type of record.
type kind struct {
	name     string
	subtypes []string // the subtypes it may have; nil: none
	bare     bool     // it may have no subtype
	ortho    bool     // it may have an orthography
	instant  bool     // it has no duration
}

const (
	speaker = "SPEAKER"
	lexeme  = "LEXEME"
	info    = "SPKR-INFO"
)

// kinds are all types of records. Types and subtypes are those of the evaluation plans and of NIST's own validator.
var kinds = []*kind{
	{name: speaker, bare: true},
	{name: lexeme, ortho: true, subtypes: []string{"lex", "fp", "frag", "un-lex", "for-lex", "alpha", "acronym",
		"interjection", "propernoun", "other"}},
	{name: "SEGMENT", bare: true, subtypes: []string{"eval"}},
	{name: "NOSCORE", bare: true},
	{name: "NO_RT_METADATA", bare: true},
	{name: "NON-LEX", ortho: true, subtypes: []string{"laugh", "breath", "lipsmack", "cough", "sneeze", "other"}},
	{name: "NON-SPEECH", subtypes: []string{"noise", "music", "other"}},
	{name: "FILLER", subtypes: []string{"filled_pause", "discourse_marker", "discourse_response", "explicit_editing_term",
		"other"}},
	{name: "EDIT", subtypes: []string{"repetition", "restart", "revision", "simple", "complex", "other"}},
	{name: "SU", subtypes: []string{"statement", "backchannel", "question", "incomplete", "unannotated",
		"discourse_response", "other"}},
	{name: "IP", instant: true, subtypes: []string{"edit", "filler", "edit&filler", "other"}},
	{name: "CB", instant: true, subtypes: []string{"coordinating", "clausal", "other"}},
	{name: "A/P", bare: true},
	{name: info, instant: true, subtypes: []string{"adult_male", "adult_female", "child", "unknown"}},
}

// kindOf finds a type by its name, in any case, or returns nil.
func kindOf(name string) *kind {
	for _, k := range kinds {
		if k.name == name {
			return k
		}
	}
	for _, k := range kinds {
		if strings.EqualFold(k.name, name) {
			return k
		}
	}
	return nil
}

// has reports whether the type has a subtype.
func (k *kind) has(subtype string) bool {
	for _, s := range k.subtypes {
		if strings.EqualFold(s, subtype) {
			return true
		}
	}
	return false
}

// expected lists the subtypes for an error message.
func (k *kind) expected() string {
	all := k.subtypes
	if k.bare {
		all = append([]string{"<NA>"}, all...)
	}
	return "a subtype of " + k.name + ": " + strings.Join(all, ", ")
}

// spelled matches what a LEXEME of the subtype "alpha" may say: a letter with a point, and possibly the s of a
// plural.
var spelled = regexp.MustCompile(`^(?i:[A-Z]\.('*s)?)$`)

// alpha is the subtype of letters spelled out.
const alpha = "alpha"
