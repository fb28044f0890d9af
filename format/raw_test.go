package format

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/restail/restail/decode/record"
)

func TestRaw(t *testing.T) {
	for _, c := range []struct{ name, frame, want string }{
		{"byte for byte", "{ \"action\" :\t\"event\", \"x\":\"\\u0041 <\u2028>\xff\"}  ", "{ \"action\" :\t\"event\", \"x\":\"\\u0041 <\u2028>\xff\"}  \n"},
		{"line breaks", "{\n  \"action\": \"a b\\n\",\r\n\t\"x\": [1, \"\\\" \\\\\", 2]\n}\n", `{"action":"a b\n","x":[1,"\" \\",2]}` + "\n"},
		{"carriage return", "{\"action\": \"a\"}\r", `{"action":"a"}` + "\n"},
	} {
		if got := string(Raw{}.Record(nil, new(record.Record), []byte(c.frame))); got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}

func TestRawHasNoLineForLinkAndValues(t *testing.T) {
	if got := (Raw{}).Record([]byte("x"), new(record.Record), nil); string(got) != "x" {
		t.Errorf("link: %q", got)
	}
	if got := (Raw{}).Value([]byte("x"), "a value"); string(got) != "x" {
		t.Errorf("value: %q", got)
	}
}

func FuzzRaw(f *testing.F) {
	f.Add([]byte("{\n \"a\": \"\\\" \\\\\", \"b\" : [ 1 , 2 ]\r}"))
	f.Add([]byte(`{"action":"event" , "x":"  "}`))
	f.Fuzz(func(t *testing.T, frame []byte) {
		if !json.Valid(frame) { // a broken frame never comes here
			return
		}
		line := Raw{}.Record(nil, nil, frame)
		if bytes.Count(line, []byte{'\n'}) != 1 || line[len(line)-1] != '\n' {
			t.Errorf("not one line: %q", line)
		}
		var want bytes.Buffer
		if err := json.Compact(&want, frame); err != nil {
			t.Fatal(err)
		}
		if !bytes.ContainsAny(frame, "\r\n") {
			want.Reset()
			want.Write(frame)
		}
		if got := string(line[:len(line)-1]); got != want.String() {
			t.Errorf("got %q, want %q", got, &want)
		}
	})
}
