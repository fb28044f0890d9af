package decode

import "github.com/restail/restail/decode/record"

// discord writes a message of a Discord channel.
func discord(r *row) {
	r.person()
	r.message()
	r.put(record.AuthorName, keyName)
	r.putList(record.Badges, keyRoles, inObject)
	r.put(record.Discriminator, keyDiscriminator)
}
