/** What people do to profiles. */
import type { AuditSubject } from '../core/audit.ts';
import { profileDifference, profileText } from '../core/profile-text.ts';
import { withChange } from '../core/profile-change.ts';
import type { ProfileChange } from '../core/profile-change.ts';
import type { Profile } from '../core/profile.ts';
import type { Commit, MonitoringDeps, Note } from './deps.ts';

/** Within which the monitors of a profile that was edited are checked, so that the change shows. */
const SHOWS_WITHIN_MS = 300_000;

export function profileSubject({ id, name }: Pick<Profile, 'id' | 'name'>): AuditSubject {
  return { kind: 'profile', id, label: name };
}

/** False where the name is taken. */
export function addProfile(workspaceId: string, profile: Profile, commit: Commit, note: Note): Promise<boolean> {
  return commit(async (stores) => {
    if (!(await stores.profiles.add(workspaceId, profile))) return false;
    await note(stores, 'made', profileSubject(profile), profileText(profile));
    return true;
  });
}

export interface ProfileEdited {
  readonly before: Profile;
  readonly after: Profile;
}

/** The profile before and after; all its monitors are due soon. `undefined` if it was removed meanwhile. */
export function editProfile(
  deps: MonitoringDeps,
  workspaceId: string,
  id: string,
  change: ProfileChange,
  commit: Commit,
  note: Note,
): Promise<ProfileEdited | undefined> {
  return commit(async (stores) => {
    const before = await stores.profiles.lock(workspaceId, id);
    if (before === undefined) return undefined;
    const after = withChange(before, change);
    await stores.profiles.replace(workspaceId, after);
    await stores.monitors.hasten(workspaceId, id, deps.clock.now(), SHOWS_WITHIN_MS);
    // Reminders of what is open may be due at another time now.
    await stores.incidents.attendAll(workspaceId, deps.clock.now());
    await note(stores, 'changed', profileSubject(before), profileDifference(before, after).join('; '));
    return { before, after };
  });
}

/** How many monitors keep it; 0: it is gone. */
export function removeProfile(workspaceId: string, profile: Profile, commit: Commit, note: Note): Promise<number> {
  return commit(async (stores) => {
    const users = await stores.profiles.remove(workspaceId, profile.id);
    if (users === 0) await note(stores, 'removed', profileSubject(profile), profileText(profile));
    return users;
  });
}
