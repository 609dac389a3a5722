package userrest_test

import (
	"testing"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/db/dbtest"
	"github.com/portico-hq/portico/internal/user"
)

func TestAccessCodes(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, []db.Schema{user.Schema()}, func(t *testing.T, d *db.DB) {
		h := newHandler(t, d)
		steps(t, h, []step{
			{"user.admin", "1 im", `{}`, `{"result":true}`},
			{"user.admin", "2 im", `{}`, `{"result":false}`},
			{"user.access", "1 im", `{"ACCESS":["U77"]}`, `{"result":true}`},
			{"user.access", "1 im", `{}`, `{"result":true}`},
			{"user.access", "2 im", `{}`, `{"result":false}`},
			{"user.access", "2 im", `{"ACCESS":["U1","U02","G1","XX"]}`, `{"result":false}`},
			{"user.access", "2 im", `{"ACCESS":["U1","U2"]}`, `{"result":true}`},
			{"user.access", "2 im", `{"ACCESS":["AU"]}`, `{"result":true}`},
			{"user.access", "2 im", `{"ACCESS":"G2"}`, `{"result":true}`},
			{"user.access", "2 im", `{"ACCESS":[["U2"]]}`, argument("ACCESS", "Argument 'ACCESS' must be a list of access codes")},
			{"access.name", "2 im", `{}`, `{"result":false}`},
			{"access.name", "2 im", `{"ACCESS":[]}`, `{"result":false}`},
			{"access.name", "2 im", `{"ACCESS":["U1","U77","G1","G2","G9","AU"]}`, `{"result":{` +
				`"AU":{"provider":"","name":"All authorized users","provider_id":"other"},` +
				`"G1":{"provider":"","name":"Administrators","provider_id":"other"},` +
				`"G2":{"provider":"","name":"All visitors","provider_id":"other"},` +
				`"U1":{"provider":"Users","name":"Anna Berg","provider_id":"user"}}}`},
			{"access.name", "2 im", `{"ACCESS":["none"]}`, `{"result":{}}`},
		})
	})
}
