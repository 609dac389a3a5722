package portal

import "github.com/portico-hq/portico/internal/agreement"

// newAgreements returns what people agree to.
func (p *Portal) newAgreements() *agreement.Service {
	return agreement.New(agreement.Config{DB: p.DB, Clock: p.config.Clock, Audit: p.Audit, Users: p.Users})
}
