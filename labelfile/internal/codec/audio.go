package codec

import "strings"

// audioEndings are the endings of files that are audio, or video with audio.
const audioEndings = " .wav .wave .w64 .mp3 .flac .ogg .oga .opus .m4a .aac .aif .aiff .aifc .wma .amr .au .caf " +
	".mka .sph .webm .mp4 "

// EndsAsAudio reports whether a text ends as the names of audio files do.
func EndsAsAudio(text string) bool {
	i := strings.LastIndexByte(text, '.')
	return i > 0 && len(text)-i <= len(".flac") && strings.Contains(audioEndings, " "+strings.ToLower(text[i:])+" ")
}

// fileWords are words in the names of columns that say which recording a record is about.
const fileWords = " file files filename filenames filepath path wav wavs audio sound sounds recording recordings " +
	"record rec clip clips track tracks media source uri url video segment song tape session utterance utt episode " +
	"document doc "

// MayNameFile reports whether the name of a column, in snake case, suggests that it says which recording a record is
// about.
func MayNameFile(name string) bool {
	for word := range strings.SplitSeq(name, "_") {
		if strings.Contains(fileWords, " "+word+" ") {
			return true
		}
	}
	return strings.Contains(name, "file") || strings.Contains(name, "audio") || strings.Contains(name, "recording")
}
