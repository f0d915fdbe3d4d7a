"""Why something cannot be indexed, as codes and as what an operator should do about each, in Chinese and English."""

from __future__ import annotations

from collections.abc import Mapping

DOCUMENTS = ("manifest", "declaration", "report", "registration")  # what ingest can be given again
SUBJECTS = (*DOCUMENTS, "exam", "series", "notice", "study")
FINAL = frozenset({"study_expired"})  # the same whenever it is judged again
PLANNED = frozenset({"retention_ends"})  # nothing went wrong: it waits to be known, and is no alarm

REASONS: Mapping[str, tuple[str, str]] = {
    "object_missing": (
        "已确认的对象不在云端。请重新发送。",
        "The confirmed object is not in the vault. Send it again.",
    ),
    "digest_wrong": (
        "对象内容与其名称（摘要）不符。请重新发送。",
        "The object's bytes are not what its name says. Send it again.",
    ),
    "document_too_large": (
        "文件过大，超过任何前置机应有的大小。请检查发送它的前置机。",
        "The document is larger than any agent's should be. Look at the agent that sent it.",
    ),
    "schema_broken": (
        "文件不符合格式。前置机与云端可能版本不同：请升级较旧的一方。",
        "The document breaks its schema. The agent and the cloud may be of different versions: update the older one.",
    ),
    "tenant_wrong": (
        "文件写明的医院与其存放位置不符。请检查前置机的注册。",
        "The document names another hospital than the place it was put in. Check the agent's enrolment.",
    ),
    "name_wrong": (
        "检查或序列名称与 UID 不符。请重新发送该检查。",
        "Study or series name do not fit the UIDs. Send the study again.",
    ),
    "agent_differs": (
        "文件写明的前置机与确认它的前置机不是同一台。请检查两台前置机的注册。",
        "The document names another agent than the one that confirmed it. Look at the enrolment of both.",
    ),
    "agent_revoked": (
        "文件在其前置机被吊销之后生成。确认该前置机后可重新注册并重新发送，否则保留供分析。",
        "The document was made after its agent was revoked. Enrol the agent again if it is the hospital's, and send again; else "
        "keep the document for analysis.",
    ),
    "parcel_missing": (
        "清单所列的数据包一直未到。请重新发送该检查。",
        "A parcel that the manifest names never arrived. Send the study again.",
    ),
    "size_wrong": (
        "数据包对象大小与清单不符。请重新发送该检查。",
        "A parcel's object has another size than the manifest says. Send the study again.",
    ),
    "checksum_wrong": (
        "存储计算的校验和与对象名称不符。请重新发送该检查。",
        "Storage's own checksum of a parcel's object is not the one in its name. Send the study again.",
    ),
    "heads_damaged": (
        "数据包的 heads 对象无法打开。请重新发送该检查，并保留该对象供分析。",
        "A parcel's heads object cannot be opened. Send the study again; keep the object for analysis.",
    ),
    "series_too_large": (
        "加上此清单后序列超过 262144 帧。请保留供分析；序列其余部分照常。",
        "With this manifest the series has more than 262144 frames. Keep it for analysis; the series goes on.",
    ),
    "index_impossible": (
        "无法用此清单的数据包建立索引。请保留供分析；序列其余部分照常。",
        "No index can be built with this manifest's parcels. Keep them for analysis; the series goes on.",
    ),
    "instances_differ": (
        "清单所列影像与数据包内容不一致。请升级前置机后重新发送。",
        "The manifest lists other instances than its parcels hold. Update the agent, then send again.",
    ),
    "uid_differs": (
        "有影像属于清单之外的检查或序列。请检查设备发送的内容。",
        "An instance belongs to another study or series than its manifest says. Check what the modality sends.",
    ),
    "study_expired": (
        "该检查的保存期已满并已删除，重新发送的内容不再收录，随后删除。",
        "The study's retention ended and it was removed. What is sent again is not taken in, and is removed as well.",
    ),
    "retention_ends": (
        "保存期将满，届时将删除。如需保留（例如医疗纠纷）：由系统管理员用 study hold 留存。",
        "Its retention ends soon; it will be removed then. To keep it: an administrator holds it with `study hold`.",
    ),
    "pdf_missing": (
        "报告的 PDF 一直未到。请重新发送报告。",
        "The report's PDF never arrived. Send the report again.",
    ),
    "pdf_wrong": (
        "报告的 PDF 大小或校验和不符，或不是 PDF。请重新发送报告。",
        "The report's PDF has another size or checksum than the report says, or is none. Send the report again.",
    ),
    "time_in_future": (
        "报告或登记的时间在未来。请校正 RIS 时钟后重新发送。",
        "The report or registration says that it was written in the future. Set the RIS's clock, then send it again.",
    ),
    "report_contradicted": (
        "同一版本的报告有两份不同内容。请询问 RIS，并以更高版本重新发送。",
        "Two different documents claim to be this version of the report. Ask the RIS; send a higher version.",
    ),
    "patient_differs": (
        "报告与影像的患者不一致。查清之前不会展示；请在出错的一方更正后重新发送。",
        "Report and images name different patients. Nothing is shown until it is clear which is right: "
        "correct the wrong one at its source and send it again.",
    ),
    "patient_changed": (
        "各版签发报告的患者不同，又没有影像可以证实。请询问 RIS：现版无误则 exam show 发布，否则以更高版本重新发送。",
        "Signed versions of the report name different patients, and no image says who is right. Ask the RIS: if the current "
        "version is right publish it with `exam show`, else have a higher one sent.",
    ),
    "patient_unknown": (
        "影像没有患者编号，无法确定对应哪份报告。请在设备或 PACS 上更正后重新发送。",
        "The images carry no patient id, so that nothing says whose report fits them. Correct them at the modality or "
        "PACS, then send again.",
    ),
    "identities_differ": (
        "同一检查的影像写有多个患者或检查号。请在设备或 PACS 上更正。",
        "The study's images name several patients or accession numbers. Correct them at the modality or PACS.",
    ),
    "no_phone": (
        "已发布的报告都没有写明该患者的电话，短信未发。请医院补发带电话的报告后用 link issue 通知，或交付胶片与验证码。",
        "No released report names a phone of the patient: nobody was told. Have the hospital send the report with a phone, then "
        "tell the patient with `link issue`, or hand out the film with its code.",
    ),
    "not_delivered": (
        "短信未能送达患者手机，运营商的代码见 notice show。请核对号码：更正后用 link issue 重发，或交付胶片与验证码。",
        "The SMS did not reach the patient's phone; `notice show` has the carrier's code. Check the number: correct it, send it "
        "with `link issue` once more, or hand out the film with its code.",
    ),
    "report_retracted": (
        "报告已撤回。请决定影像可否展示：exam show，或保持隐藏。",
        "The report was taken back. Decide whether the images may be shown: `exam show`, or leave them hidden.",
    ),
    "study_claimed_twice": (
        "多个检查的报告都列有此检查。请询问 RIS 以哪个为准。",
        "Reports of several exams list this study. Ask the RIS which one is right.",
    ),
    "instance_conflict": (
        "同一影像 UID（SOP Instance UID）收到内容不同的影像，两份均已保存，画面或测量不同的不予展示。"
        "请放射科核实，并以新的 UID 重新发送正确的影像。",
        "Different images came under one SOP Instance UID. All are kept; those that differ in what is seen or measured are not "
        "shown. Ask radiology which is right, and have that one sent under a new UID.",
    ),
    "attributes_conflict": (
        "同一影像 UID（SOP Instance UID）收到的影像画面相同、其他信息不同，两份均已保存，展示其中一份。请核实发送端为何改动。",
        "Images came under one SOP Instance UID that look the same and say different things. All are kept, one is shown. "
        "Find out what changes them on their way.",
    ),
}


def may_retry(subject: str, reason: str) -> bool:
    """Whether ingest may judge it otherwise when it is asked again."""
    return subject in DOCUMENTS and reason not in FINAL


def advice(reason: str) -> str:
    """What an operator should do; for reasons of a newer version, to update."""
    return " ".join(REASONS.get(reason, ("未知原因：请升级此命令。", "Unknown reason: update this command.")))
