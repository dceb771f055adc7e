package table

import (
	"testing"

	"github.com/annoset/annoset/internal/codec"
	"github.com/annoset/annoset/internal/codec/codectest"
)

func FuzzRead_Plain(f *testing.F) {
	codectest.Codec{
		Read:  func(src *codec.Source) error { return Read(src, &Plain, &Options{}) },
		Write: func(dst *codec.Target) error { return Write(dst, &Plain, &Options{}) },
	}.Fuzz(f, "filename,start,end,label,score,x\na,1,2.5,\"h\"\"um\n\",0.5,y\nb,,,,,\n",
		"start;end;label\r\n1,5;0:01:02,5;hum\r\n", "\xff\xfes\x00t\x00", ",start_ms,duration,label,extra_data\r0,1,2,a,{}\r")
}
