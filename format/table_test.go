package format

import (
	"testing"

	"github.com/restail/restail/decode/record"
)

func TestAppendTable(t *testing.T) {
	golden(t, "table.golden", AppendTable(nil, []record.Linked{
		{Identifier: "1-discord-7", Platform: "discord", Channel: "猫 café 👩‍🚀", Status: "connected"},
		{Identifier: "1-facebook-8", Platform: "facebook", Channel: "Page", Status: "error", Reason: "new_reason"},
		{Identifier: "1-kick-3", Platform: "kick", Status: "connecting"},
		{Identifier: "1-twitch-9", Platform: "twitch", Channel: "foo\x1b[2J\nforged", Status: "error",
			Reason: "internal", ReasonText: "Something broke."},
		{Platform: "unknown"},
	}))
}

func TestAppendTableWithoutConnections(t *testing.T) {
	if got := string(AppendTable([]byte("x\n"), nil)); got != "x\nno connections\n" {
		t.Errorf("got %q", got)
	}
}
