package decode

import (
	"strings"
	"testing"

	"github.com/restail/restail/decode/record"
)

// TestNumericIDs checks that an id that is a number becomes its digits when its
// value is an integer, in any notation, and is skipped otherwise.
func TestNumericIDs(t *testing.T) {
	long := "1" + strings.Repeat("234567890", 20)
	for _, test := range []struct{ literal, want string }{
		{`12`, "12"},
		{`-12`, "-12"},
		{`0`, "0"},
		{`-0`, "0"},
		{long, long},
		{`12.0`, "12"},
		{`129740910.0`, "129740910"},
		{`12.000`, "12"},
		{`-12.0`, "-12"},
		{`0.0`, "0"},
		{`-0.0e5`, "0"},
		{`0e999999999999`, "0"},
		{`1.2e3`, "1200"},
		{`1.2E+3`, "1200"},
		{`1.2e1`, "12"},
		{`1.2974091e8`, "129740910"},
		{`1200e-2`, "12"},
		{`100.00e-2`, "1"},
		{`0.0012e4`, "12"},
		{`0.5e1`, "5"},
		{`9007199254740993.0`, "9007199254740993"},
		{`123456789012345678901234567890.0`, "123456789012345678901234567890"},
		{`1e63`, "1" + strings.Repeat("0", 63)},
		{`1e64`, ""},
		{`1e999999999999999999`, ""},
		{`1e-999999999999999999`, ""},
		{`1.5`, ""},
		{`-1.5`, ""},
		{`12e-1`, ""},
		{`0.1`, ""},
	} {
		frame := []byte(`{"action":"event","payload":{"eventPayload":{"author":{"id":` + test.literal + `}}}}`)
		r, err := newDecoder().decode(frame)
		if err != nil {
			t.Fatal(err)
		}
		if got := string(r.Bytes(record.AuthorID)); got != test.want || r.Has(record.AuthorID) != (test.want != "") {
			t.Errorf("%s: got %q, want %q", test.literal, got, test.want)
		}
		checkFrame(t, frame)
	}
}

// TestManyNumericIDs checks that every id of a frame keeps its own digits.
func TestManyNumericIDs(t *testing.T) {
	frame := []byte(`{"action":"reply_created","payload":{"replyUuid":1e1,"clientReplyUuid":2e1,"eventId":3e1,"connectionIdentifiers":[` + strings.Repeat("4e1,", 99) + `5e1]}}`)
	r, err := newDecoder().decode(frame)
	if err != nil {
		t.Fatal(err)
	}
	want := `{"time":"` + received + `","action":"reply_created","broadcast_id":"30","reply_id":"10","client_reply_id":"20","connections":[` + strings.Repeat(`"40",`, 99) + `"50"]}`
	if got := marshal(r); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
