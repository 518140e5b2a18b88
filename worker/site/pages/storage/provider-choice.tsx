/** The list of providers. A script fills in the form at once; without one, a button does. */
import type { FC } from 'hono/jsx';
import { SubmitButton } from '../../components/button.tsx';
import type { ProviderProfile } from '../../../storage/s3/provider-table.ts';
import { guideOf, hasPolicy, labelOf, PROVIDERS } from './providers.ts';

/** `chosen` is the provider whose fields the form shows. */
export const ProviderChoice: FC<{ chosen: ProviderProfile; action: string }> = ({ chosen, action }) => (
  <fieldset class="field">
    <legend>Provider</legend>
    <div class="choices">
      {PROVIDERS.map((profile) => (
        <label class="choice">
          <input
            type="radio"
            name="provider"
            value={profile.name}
            checked={profile.name === chosen.name}
            data-endpoint={profile.endpointPattern ?? ''}
            data-region={profile.exampleRegion}
            data-classes={profile.storageClasses?.join(' ') ?? ''}
            data-guide={guideOf(profile)}
            data-takes-policy={hasPolicy(profile) ? '' : undefined}
          />
          <span>{labelOf(profile)}</span>
        </label>
      ))}
    </div>
    <p class="hint">
      <a href={guideOf(chosen)} data-provider-guide>
        How to make a bucket and a key there
      </a>
    </p>
    <div data-without-script>
      <SubmitButton small formaction={`${action}/provider`} formnovalidate>
        Fill in for this provider
      </SubmitButton>
    </div>
  </fieldset>
);

/** The storage classes of the provider, as suggestions. */
export const ClassSuggestions: FC<{ id: string; profile: ProviderProfile }> = ({ id, profile }) => (
  <datalist id={id}>
    {profile.storageClasses?.map((name) => (
      <option value={name} />
    ))}
  </datalist>
);
