package serve

import "strings"

// Marks in the cast: nick=NICKNAME (with _ for blanks), color=#RRGGBB,
// roles=ONE,TWO, bot.

// discordRooms are two channels of one server.
func discordRooms() []*room {
	about := func(id, channel string) object {
		return object{
			"channel": object{"id": id, "name": channel, "url": "https://discord.example.com/channels/880061/" + id},
			"owner":   object{"avatar": "https://avatars.example.com/discord/lotte.png", "id": "770061", "name": "lotte"},
			"server":  object{"icon": nil, "id": "880061", "name": "Solder & Friends"},
		}
	}
	return []*room{
		{key: "discord", slug: "discord", source: 25, target: "990061", about: about("990061", "live-chat"), voice: discordVoice},
		{key: "attic", slug: "discord", source: 25, target: "990062", about: about("990062", "attic"), voice: discordVoice},
	}
}

func discordVoice(l line) (int, object) {
	var nickname, color, roles any
	if l.by.is("nick") {
		nickname = spaced(l.by.marks["nick"])
	}
	if l.by.is("color") {
		color = l.by.marks["color"]
	}
	if l.by.is("roles") {
		list := []object{}
		for name := range strings.SplitSeq(l.by.marks["roles"], ",") {
			list = append(list, object{"color": "#2ecc71", "name": name})
		}
		roles = list
	}
	return 1, object{
		"author": object{
			"avatar":        l.by.avatar(),
			"discriminator": "0",
			"id":            digits(18, "discord", l.by.nick),
			"name":          l.by.name,
			"nickname":      nickname,
			"nicknameColor": color,
			"roles":         roles,
		},
		"bot":  l.by.is("bot"),
		"text": l.text,
	}
}

// spaced is a name that the script writes with _ for blanks.
func spaced(name string) string { return strings.ReplaceAll(name, "_", " ") }
