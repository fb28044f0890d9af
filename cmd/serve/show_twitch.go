package serve

// twitchRooms have the marks owner, mod, vip, sub=MONTHS, color=#RRGGBB, bot and plain
// (no avatar, no display name). In brackets: me, whisper, first.
func twitchRooms() []*room {
	return []*room{{
		key: "twitch", slug: "twitch", source: 2, target: "lottes_workbench",
		about: object{
			"owner": object{
				"avatar": "https://avatars.example.com/twitch/lotte.png", "displayName": "Lottes_Workbench",
				"id": twitchID("lottes_workbench"), "name": "lottes_workbench", "url": "https://twitch.example.com/lottes_workbench",
			},
			"websiteChannelId": 4100102,
		},
		emotes:  []string{"lotteHype", "lotteSmoke", "lotteBzzt", "lotteGoat", "lotteCry", "LUL"},
		answers: true,
		event:   twitchEvent,
	}}
}

func twitchEvent(l line) (int, object) {
	return 4, object{
		"author": twitchAuthor(l.by),
		"bot":    l.by.is("bot"),
		"contentModifiers": object{
			"me":      l.how == "me",
			"whisper": l.how == "whisper",
		},
		"firstMessage":    l.how == "first",
		"repliedInThread": twitchMessage(l, remark.first),
		"repliedTo":       twitchMessage(l, func(s remark) *remark { return &s }),
		"replaces":        l.replaces(),
		"text":            l.text,
		"twitchMessageId": l.id,
	}
}

func twitchAuthor(p *person) object {
	badges := []object{}
	for _, b := range []struct{ mark, title string }{
		{"owner", "Broadcaster"}, {"mod", "Moderator"}, {"vip", "VIP"}, {"sub", "Subscriber"},
	} {
		if p.is(b.mark) {
			badges = append(badges, object{
				"clickUrl": nil, "imageUrl": "https://badges.example.com/twitch/" + b.mark + ".png", "title": b.title,
			})
		}
	}
	author := object{
		"avatar": p.avatar(), "badges": badges, "color": nil, "displayName": p.name,
		"id": twitchID(p.nick), "name": p.nick, "subscribedFor": p.number("sub"), "username": p.nick,
	}
	if p.is("color") {
		author["color"] = p.marks["color"]
	}
	if p.is("plain") {
		author["avatar"], author["displayName"] = nil, nil
	}
	return author
}

// twitchMessage returns the message that the line answers, or the first of the
// thread; nil when it answers nothing.
func twitchMessage(l line, which func(remark) *remark) any {
	if l.to == nil {
		return nil
	}
	message := which(l.to.last)
	return object{
		"displayName":     message.author.name,
		"twitchMessageId": message.message,
		"twitchUserId":    twitchID(message.author.nick),
	}
}

func twitchID(nick string) string { return digits(9, "twitch", nick) }
